"""Checks for causal-conv: shapes, values, dilation, the future, a stack of layers, short inputs, dtypes, gradients."""

import torch

from graders.kit import equal


def test_shape(submission, draw, observe):
    """There are as many outputs as inputs in time: all 0 where x is"""
    for k, dilation in ((2, 1), (3, 1), (2, 3), (4, 2)):
        b, c, o, t = draw.sizes(4, low=2, high=7)
        t += 8
        y = submission.causal_conv1d(torch.zeros(b, c, t), draw.normal(o, c, k), dilation)
        observe(f"causal_conv1d(x [{b}, {c}, {t}], w [{o}, {c}, {k}], {dilation}), x = 0", y)


def test_values(submission, draw, observe):
    """Output t is the sum of the last K inputs, weighted, over all channels"""
    x, w = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]), torch.tensor([[[100.0, 10.0, 1.0]]])
    observe.call("causal_conv1d([[[1, 2, 3, 4]]], [[[100, 10, 1]]])", submission.causal_conv1d, x, w)
    for k in (3, 5, 2):
        b, c, o, t = draw.sizes(4, low=2, high=7)
        name = f"causal_conv1d(x [{b}, {c}, {t + 5}], w [{o}, {c}, {k}])"
        observe.call(name, submission.causal_conv1d, draw.normal(b, c, t + 5, mean=1), draw.normal(o, c, k))
    x = draw.strided(draw.normal(b, c, t + 5))
    observe.call("causal_conv1d(strided x, w of as many channels)", submission.causal_conv1d, x, draw.normal(c, c, 2))


def test_dilation(submission, draw, observe):
    """With a dilation the taps stand that far apart"""
    for k, dilation in ((2, 2), (3, 2), (2, 5), (4, 3)):
        b, c, o, t = draw.sizes(4, low=2, high=7)
        name = f"causal_conv1d(x [{b}, {c}, {t + 9}], w [{o}, {c}, {k}], dilation={dilation})"
        x, w = draw.normal(b, c, t + 9, mean=1), draw.normal(o, c, k)
        observe.call(name, submission.causal_conv1d, x, w, dilation=dilation)


def test_future(submission, draw, observe):
    """Changing later inputs leaves every earlier output as it was"""
    b, c, o, t = draw.sizes(4, low=3, high=8)
    t += 4
    w, cut, x = draw.normal(o, c, 3), draw.integer(1, t - 1), draw.normal(b, c, t)
    other = torch.cat([x[..., :cut], draw.normal(b, c, t - cut, scale=5)], 2)
    for dilation in (1, 2):
        y, z = (submission.causal_conv1d(each, w, dilation) for each in (x, other))
        moved = equal(atol=1e-4, says="The future leaks into the past.")
        observe(f"the change of earlier outputs, dilation {dilation}", (z - y)[..., :cut], moved)


def test_stack(submission, draw, observe):
    """Three layers, K = 2, dilations 1, 2, 4: the last output comes from the last 8 inputs"""
    b, c, h, t = draw.sizes(4, low=3, high=7)
    t += 8
    x = draw.normal(b, c, t, dtype=torch.float64).requires_grad_()
    y = x
    for dilation, width in ((1, c), (2, h), (4, h)):
        y = submission.causal_conv1d(y, draw.normal(h, width, 2, dtype=torch.float64), dilation)
    observe("the stack's output", y.detach())
    (slope,) = torch.autograd.grad(y[..., -1].sum(), x)
    observe("the slope of its last step along x", slope)


def test_short(submission, draw, observe):
    """A filter that reaches beyond the start; K = 1; T = 1"""
    b, c, o = draw.sizes(3, low=2, high=6)
    for t, k, dilation in ((1, 3, 1), (2, 4, 1), (3, 2, 5), (5, 1, 1), (5, 1, 4), (4, 3, 2)):
        name = f"causal_conv1d(x [{b}, {c}, {t}], w [{o}, {c}, {k}], {dilation})"
        observe.call(name, submission.causal_conv1d, draw.normal(b, c, t), draw.normal(o, c, k), dilation)


def test_dtype(submission, draw, observe):
    """float64 and bfloat16 stay what they are"""
    b, c, o = draw.sizes(3, low=2, high=6)
    for dtype in (torch.float64, torch.bfloat16):
        x, w = draw.normal(b, c, 9, dtype=dtype), draw.normal(o, c, 2, dtype=dtype)
        name = f"causal_conv1d({str(dtype).removeprefix('torch.')}), dilation 2"
        observe.call(name, submission.causal_conv1d, x, w, 2)


def test_gradients(submission, draw, observe):
    """x and w get their gradients"""
    b, c, o = draw.sizes(3, low=2, high=6)
    x, w = draw.normal(b, c, 8, dtype=torch.float64), draw.normal(o, c, 3, dtype=torch.float64)
    observe.gradients("causal_conv1d(x, w, 2)", submission.causal_conv1d, x, w, 2, names=["x", "w", "dilation"])
