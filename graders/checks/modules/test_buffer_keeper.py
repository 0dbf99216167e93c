"""Checks for buffer-keeper: state, training, eval, leading dimensions, several steps, moving, copying, loading."""

import copy

import torch

from graders.kit import holds


def warm(submission, draw, dim, momentum=None, dtype=torch.float32):
    """A module whose mean is no longer zero."""
    layer = submission.EmaCenter(dim, draw.number(0.2, 0.4) if momentum is None else momentum).to(dtype)
    layer.load_state_dict({"mean": draw.normal(dim, mean=1.0, dtype=dtype)})
    return layer


def test_state(submission, draw, observe):
    """The state_dict holds mean [dim], zeros at the start; parameters() is empty"""
    (dim,) = draw.sizes(1)
    layer = submission.EmaCenter(dim, 0.9)
    observe("state_dict", {key: value.detach() for key, value in layer.state_dict().items()})
    says = "parameters() is not empty: an optimizer would be handed the mean."
    observe("no parameters", not list(layer.parameters()), holds("is_true", says))
    observe("buffers", [name for name, _ in layer.named_buffers()])


def test_training(submission, draw, observe):
    """In train mode the mean is updated, then subtracted"""
    for momentum in (draw.number(0.1, 0.4), 0.9):
        b, dim = draw.sizes(2)
        layer = submission.EmaCenter(dim, momentum)
        for step in (1, 2, 3):
            x = draw.normal(b + step, dim, mean=2.0)
            observe.call(f"output of step {step} (momentum {momentum:.3g})", layer, x)
            observe(f"mean after step {step}", layer.mean)


def test_eval(submission, draw, observe):
    """In eval mode the stored mean is subtracted, and stays"""
    b, dim = draw.sizes(2)
    layer = warm(submission, draw, dim).eval()
    for call in (1, 2):
        observe.call(f"output of call {call} in eval mode", layer, draw.normal(b, dim))
        observe(f"mean after call {call}", layer.mean)
    layer.train()
    observe.call("output back in train mode", layer, draw.normal(b, dim))
    observe("mean after it", layer.mean)


def test_leading_dims(submission, draw, observe):
    """The mean runs over all leading dimensions, of which there may be none"""
    a, b, c, dim = draw.sizes(4)
    for shape in ((a, b, dim), (a, b, c, dim), (dim,), (1, dim)):
        layer = warm(submission, draw, dim)
        observe.call(f"forward(x {list(shape)})", layer, draw.normal(*shape, mean=1.0))
        observe("mean after it", layer.mean)
    observe.call("forward(strided x)", layer, draw.strided(draw.normal(a, b, dim)))


def test_two_steps(submission, draw, observe):
    """Two training steps in a row work, with something learned in front of the layer"""
    b, dim = draw.sizes(2)
    scale = draw.normal(dim, mean=1.0).requires_grad_()
    layer = warm(submission, draw, dim)
    for step in (1, 2, 3):
        (layer(draw.normal(b, dim) * scale) ** 2).sum().backward()
        observe(f"gradient of what stands in front, after {step} backwards", scale.grad)
    free = not layer.mean.requires_grad
    observe("the mean has no history", free, holds("is_true", "The mean is part of a graph: it requires a gradient."))


def test_gradients(submission, draw, observe):
    """To autograd the mean is a constant, in both modes"""
    a, b, dim = draw.sizes(3)
    for mode in (True, False):
        layer = warm(submission, draw, dim, dtype=torch.float64).train(mode)
        x = draw.normal(a, b, dim, dtype=torch.float64)
        observe.gradients(f"forward(x) with training={mode}", layer, x, names=["x"])


def test_moves(submission, draw, observe):
    """The mean follows .to(), to another dtype and another device"""
    b, dim = draw.sizes(2)
    layer = warm(submission, draw, dim).double()
    observe.call("forward(x float64)", layer, draw.normal(b, dim, dtype=torch.float64))
    observe("mean in float64", layer.mean)
    layer = warm(submission, draw, dim).bfloat16()
    observe.call("forward(x bfloat16)", layer, draw.normal(b, dim, dtype=torch.bfloat16))
    observe("mean in bfloat16", layer.mean)
    observe("device of the mean after .to('meta')", layer.to("meta").mean.device.type)


def test_copies(submission, draw, observe):
    """It can be copied after a step, and the copy lives on its own"""
    b, dim = draw.sizes(2)
    layer = warm(submission, draw, dim)
    x = draw.normal(b, dim).requires_grad_()
    layer(x * 2)
    twin = copy.deepcopy(layer)
    observe("output of the copy", twin(draw.normal(b, dim)))
    observe("mean of the copy", twin.mean)
    observe("mean of the first", layer.mean)


def test_loads(submission, draw, observe):
    """A state_dict saved after training gives the same layer back"""
    b, dim = draw.sizes(2)
    layer, other = warm(submission, draw, dim), submission.EmaCenter(dim, 0.5)
    layer(draw.normal(b, dim))
    observe("keys that do not fit", list(map(str, other.load_state_dict(layer.state_dict(), strict=False))))
    observe("output after loading", other.eval()(draw.normal(b, dim)))
