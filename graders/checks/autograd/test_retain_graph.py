"""Checks for retain-graph: values per loss, unused parameters, then what must be left as it was."""

import torch

from graders.kit import holds


class Trunk:
    """Three parameters, a trunk that saves tensors for backward, and losses that use parts of it."""

    def __init__(self, draw, dtype=torch.float32):
        a, b, c = draw.sizes(3, low=3, high=6)
        x = draw.normal(a, b, dtype=dtype)
        self.params = [
            draw.normal(b, c, dtype=dtype),
            draw.normal(c, dtype=dtype),
            draw.normal(a, 1, dtype=dtype),
        ]
        for p in self.params:
            p.requires_grad_()
        w, bias, scale = self.params
        self.hidden = torch.tanh(x @ w + bias)  # saved for backward: freed by it
        self.losses = [
            (self.hidden * scale).sum(),
            self.hidden.exp().mean(),
            (self.hidden * scale).square().mean() + bias.sum(),
        ]


def test_values(submission, draw, observe):
    """Row l holds the gradients of loss l, with each parameter's shape and dtype"""
    for dtype in (torch.float32, torch.float64):
        trunk = Trunk(draw, dtype)
        used = trunk.params[:2]
        observe(f"grads_per_loss(2 parameters, 3 losses, {dtype})", submission.grads_per_loss(used, trunk.losses))
    trunk = Trunk(draw)
    observe("grads_per_loss(1 parameter, 2 losses)", submission.grads_per_loss(trunk.params[:1], trunk.losses[:2]))
    trunk = Trunk(draw)
    observe("grads_per_loss(2 parameters, 1 loss)", submission.grads_per_loss(trunk.params[:2], trunk.losses[2:]))


def test_unused(submission, draw, observe):
    """A parameter that a loss does not use gets zeros"""
    trunk = Trunk(draw)
    observe("grads_per_loss(3 parameters, 3 losses)", submission.grads_per_loss(trunk.params, trunk.losses))


def test_grad_untouched(submission, draw, observe):
    """Every .grad is the object that it was, with the values that it had"""
    trunk = Trunk(draw)
    trunk.params[0].grad = draw.normal(*trunk.params[0].shape)
    trunk.params[2].grad = draw.normal(*trunk.params[2].shape)
    before = [p.grad for p in trunk.params]
    submission.grads_per_loss(trunk.params, trunk.losses)
    same = all(p.grad is grad for p, grad in zip(trunk.params, before, strict=True))
    observe(
        "every .grad is the same object",
        same,
        holds("is_true", "A parameter's .grad was replaced or filled."),
    )
    observe(".grad after the call", [p.grad for p in trunk.params])


def test_no_graph(submission, draw, observe):
    """The gradients carry no graph"""
    trunk = Trunk(draw)
    rows = submission.grads_per_loss(trunk.params, trunk.losses)
    observe("requires_grad of the gradients", [[g.requires_grad for g in row] for row in rows])


def test_buffers_freed(submission, draw, observe):
    """Afterwards the graph is free: a backward on any loss raises"""
    for number in range(3):
        trunk = Trunk(draw)
        submission.grads_per_loss(trunk.params, trunk.losses)
        observe.raises(f"losses[{number}].backward() after the call", trunk.losses[number].backward)


def test_one_backward_a_loss(submission, draw, observe):
    """The forward is not run again"""
    trunk = Trunk(draw)
    with observe.operations() as ops:
        submission.grads_per_loss(trunk.params, trunk.losses)
    again = ops.count("tanh", "exp")
    observe(
        "tanh and exp run again",
        again == 0,
        holds("is_true", "tanh or exp of the trunk ran again inside your function."),
    )
