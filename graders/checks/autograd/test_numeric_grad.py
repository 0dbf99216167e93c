"""Checks for numeric-grad: values on smooth functions, then their digits, then what must be left alone."""

import torch

from graders.kit import equal, holds

COARSE = equal(rtol=1e-4, atol=1e-4, because="a first look: the digits are counted further down")
F64 = torch.float64


def smooth(draw, *shape):
    """A random smooth function of a tensor of this shape, with a gradient that differs in every entry."""
    a, b = draw.uniform(*shape, low=0.5, high=1.5, dtype=F64), draw.normal(*shape, dtype=F64)
    return lambda x: (a * torch.sin(x + b)).sum() + (x * b).sum().tanh() * 2 + 3 * (a * x * x).mean()


def test_values(submission, draw, observe):
    """On smooth functions of any shape the slopes are right, in x's shape and dtype"""
    for shape in ((), (1,), (5,), (3, 4), (2, 1, 3)):
        f, x = smooth(draw, *shape), draw.normal(*shape, dtype=F64)
        observe(f"numgrad(f, x of shape {shape})", submission.numgrad(f, x), COARSE)
    f, x = smooth(draw, 4, 3), draw.strided(draw.normal(4, 3, dtype=F64))
    observe("numgrad(f, x that is not contiguous)", submission.numgrad(f, x), COARSE)


def test_precision(submission, draw, observe):
    """Seven digits are right, and with a wide step still as many as central differences give"""
    fine = equal(rtol=1e-7, atol=1e-8, because="central differences at h = 1e-6 reach about nine digits in float64")
    wide = equal(rtol=5e-5, atol=1e-6, because="central differences err by h² times a sixth of the third derivative")
    for shape in ((4,), (2, 3)):
        a = draw.uniform(*shape, low=2, high=4, dtype=F64)
        x = draw.uniform(*shape, low=1, high=2, dtype=F64)

        def f(x, a=a):
            return (a * x**3).sum() + x.sum() ** 3

        observe(f"numgrad(sum of a·x³ + (sum of x)³, x of shape {shape})", submission.numgrad(f, x), fine)
        observe(f"the same with h=1e-3, x of shape {shape}", submission.numgrad(f, x, 1e-3), wide)


def test_untouched(submission, draw, observe):
    """x is not written to, not even for a moment"""
    for x in (draw.normal(2, 3, dtype=F64), draw.normal(4, dtype=F64).requires_grad_()):
        before, version = x.detach().clone(), x._version
        submission.numgrad(smooth(draw, *x.shape), x)
        same = x._version == version and torch.equal(x.detach(), before)
        observe("x as it was", same, holds("is_true", "x was written to."))


def test_no_graph(submission, draw, observe):
    """The result carries no graph, and f's parameters get no gradient"""
    w = draw.normal(3, dtype=F64).requires_grad_()
    x = draw.normal(3, dtype=F64).requires_grad_()
    out = submission.numgrad(lambda x: (w * x).sin().sum(), x)
    observe("requires_grad of the result", out.requires_grad)
    observe("numgrad(f with a parameter)", out.detach(), COARSE)
    observe(".grad of x and of the parameter", [x.grad, w.grad])
