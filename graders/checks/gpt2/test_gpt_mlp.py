"""Checks for gpt-mlp: names and shapes, shape of the output, positions alone, values, gradients, modes."""

from types import SimpleNamespace

import torch

from graders.kit import equal

SAME = "One position's output changed with what stands at another position: which dimension do the layers work on?"


def build(submission, draw, C, dtype=torch.float32, **more):
    """The learner's module with fresh weights; no bias is zero."""
    config = SimpleNamespace(n_embd=C, n_head=1, n_layer=2, block_size=16, vocab_size=65, **more)
    return draw.fill(submission.MLP(config).to(dtype), scale=0.5)


def test_built(submission, draw, observe):
    """The state_dict has GPT-2's four keys and no other, with or without layer_idx"""
    for C, options in zip(draw.sizes(2, low=3), ({}, {"layer_idx": 3}), strict=True):
        module = submission.MLP(SimpleNamespace(n_embd=C, n_head=1, n_layer=2, block_size=16, vocab_size=65), **options)
        shapes = {key: list(value.shape) for key, value in sorted(module.state_dict().items())}
        observe("state_dict", shapes)
        observe("parameters", sorted(name for name, _ in module.named_parameters()))


def test_shape(submission, draw, observe):
    """[B, T, C] goes in and comes out"""
    b, length, C = draw.sizes(3)
    module = build(submission, draw, C, dropout=0.0)
    for shape in ((b, length, C), (1, length, C), (b, 1, C)):
        observe(f"shape of forward(x {list(shape)})", list(module(draw.normal(*shape)).shape))


def test_alone(submission, draw, observe):
    """A position's output depends on that position only"""
    b, length, C = draw.sizes(3, low=3)
    module = build(submission, draw, C, dtype=torch.float64)
    x = draw.normal(b, length, C, dtype=torch.float64)
    changed = x.clone()
    changed[:, -1] += 1
    observe("The change of the other positions' outputs", (module(changed) - module(x))[:, :-1], equal(says=SAME))


def test_values(submission, draw, observe):
    """The outputs are right, in float64 and float32; x stays as it is"""
    for dtype in (torch.float64, torch.float32):
        b, length, C = draw.sizes(3)
        module = build(submission, draw, C, dtype)
        x = draw.normal(b, length, C, scale=2, dtype=dtype)
        observe.call(f"forward(x [{b},{length},{C}])", module, x)
        observe.call("forward(strided x)", module, draw.strided(x))
    module = build(submission, draw, 5)
    observe.call("forward(x) with large numbers", module, draw.normal(3, 4, 5, scale=60))


def test_gradients(submission, draw, observe):
    """The gradients of x and of all four parameters are right"""
    b, length, C = draw.sizes(3)
    module = build(submission, draw, C, torch.float64)
    params = sorted(module.named_parameters())
    x = draw.normal(b, length, C, dtype=torch.float64)
    observe.gradients("forward(x)", module, x, params=params, names=["x"])


def test_modes(submission, draw, observe):
    """With dropout 0, train and eval mode give the same"""
    b, length, C = draw.sizes(3)
    module = build(submission, draw, C, dropout=0.0)
    x = draw.normal(b, length, C)
    observe.call("forward(x) in train mode", module.train(), x)
    observe.call("forward(x) in eval mode", module.eval(), x)
