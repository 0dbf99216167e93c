"""Checks for fuse-heads: parts, weights, values, dtypes, device, that it trains, and the count of matrix products."""

import torch
from torch import nn

from graders.kit import equal


def separate(draw, n, h, bias=True, dtype=torch.float32):
    """n heads of width h, as the exercise gives them, and the projection; no weight and no bias is zero."""

    def layer(out, bias):
        return draw.fill(nn.Linear(n * h, out, bias=bias, dtype=dtype), scale=0.5)

    return [tuple(layer(h, bias) for _ in range(3)) for _ in range(n)], layer(n * h, True)


def test_parts(submission, draw, observe):
    """c_attn [3·C, C] and c_proj [C, C]; c_attn has a bias if the heads have one"""
    n, h = draw.sizes(2)
    for bias in (True, False):
        fused = submission.fuse(*separate(draw, n, h, bias))
        shapes = {name: list(p.shape) for name, p in sorted(fused.named_parameters())}
        observe(f"parameters, heads {'with' if bias else 'without'} a bias", shapes)


def test_weights(submission, draw, observe):
    """c_attn's rows: queries of all heads, then keys, then values"""
    n, h = draw.sizes(2)
    for bias in (True, False):
        fused = submission.fuse(*separate(draw, n, h, bias))
        for name, p in sorted(fused.named_parameters()):
            observe(f"{name}, heads {'with' if bias else 'without'} a bias", p.detach())


def test_values(submission, draw, observe):
    """The fused module computes what the separate heads did"""
    n, h, b, t = draw.sizes(4)
    cases = [(n, h, b, t, True), (h, n, 1, t, False), (n, 1, 2, t, True), (1, h, b, 3, True), (n, h, b, 1, False)]
    for n, h, b, t, bias in cases:
        fused = submission.fuse(*separate(draw, n, h, bias))
        name = f"forward(x), B={b}, T={t}, {n} heads of {h}{'' if bias else ', no biases'}"
        observe.call(name, fused, draw.normal(b, t, n * h))
    n, h, b, t = draw.sizes(4)
    fused = submission.fuse(*separate(draw, n, h))
    observe.call("forward(strided x)", fused, draw.strided(draw.normal(b, t, n * h)))


def test_unchanged(submission, draw, observe):
    """The layers that were handed in are as they were"""
    n, h = draw.sizes(2)
    heads, proj = separate(draw, n, h)
    submission.fuse(heads, proj)
    for i, name in enumerate(("q", "k", "v")):
        observe(f"the {name} of the last head", heads[-1][i].weight.detach())
    observe("proj", proj.weight.detach())


def test_dtype(submission, draw, observe):
    """Heads in float64 make a module in float64"""
    n, h, b, t = draw.sizes(4)
    fused = submission.fuse(*separate(draw, n, h, dtype=torch.float64))
    observe.call("forward(x float64)", fused, draw.normal(b, t, n * h, dtype=torch.float64))


def test_device(submission, draw, observe):
    """forward works on x's device: nothing is made on the CPU"""
    n, h, b, t = draw.sizes(4)
    fused = submission.fuse(*separate(draw, n, h))
    observe.stays_on_device("forward(x)", lambda module, x: module(x), fused, draw.normal(b, t, n * h))


def test_trained(submission, draw, observe):
    """The result can be trained: x and all four parameters get their gradients"""
    n, h, b, t = draw.sizes(4)
    fused = submission.fuse(*separate(draw, n, h, dtype=torch.float64))
    observe("leaves that want gradients", {name: p.requires_grad for name, p in sorted(fused.named_parameters())})
    params = sorted(fused.named_parameters())
    x = draw.normal(b, t, n * h, dtype=torch.float64)
    observe.gradients("forward(x)", fused, x, params=params, names=["x"])


def test_products(submission, draw, observe):
    """Four matrix products, however many heads there are"""
    says = "There are more matrix products than the four that all heads together need, or fewer than counted as such."
    n, h, b, t = draw.sizes(4, low=3)
    for heads in (n, n + 3):
        fused = submission.fuse(*separate(draw, heads, h))
        x = draw.normal(b, t, heads * h)
        with observe.operations() as ops:
            fused(x)
        observe(f"products in forward, {heads} heads", ops.count("mm", "addmm", "bmm"), equal(says=says))
