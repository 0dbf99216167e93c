"""Checks for inplace-trap: for each of the three functions its values, then its gradient."""

import torch


def inputs(draw):
    """A matrix, a vector-like batch and a block, none with an entry near 0."""
    a, b, c = draw.sizes(3)
    for shape in ((a, b), (c, 1), (a, 2, b)):
        x = draw.normal(*shape)
        yield x + 0.1 * torch.where(x < 0, -1.0, 1.0)


def values(function, name, draw, observe):
    for x in inputs(draw):
        observe.call(f"{name}(x of shape {tuple(x.shape)})", function, x)
        observe.call(f"{name}(x with requires_grad)", lambda x: function(x).detach(), x.clone().requires_grad_())


def gradient(function, name, draw, observe):
    for x in inputs(draw):
        observe.gradients(f"{name}(x of shape {tuple(x.shape)})", function, x, names=["x"])
        observe.gradients(f"{name}(x), float64", function, x.double(), names=["x"])


def test_values_1(submission, draw, observe):
    """f1 is exp(x) + 1, and x stays as it was"""
    values(submission.f1, "f1", draw, observe)


def test_gradient_1(submission, draw, observe):
    """f1's gradient is exp(x)"""
    gradient(submission.f1, "f1", draw, observe)


def test_values_2(submission, draw, observe):
    """f2 replaces negative entries by 0, and x stays as it was"""
    values(submission.f2, "f2", draw, observe)


def test_gradient_2(submission, draw, observe):
    """f2's gradient passes where x is positive"""
    gradient(submission.f2, "f2", draw, observe)


def test_values_3(submission, draw, observe):
    """f3 is x·s, with s = sigmoid(x) and ones in its first row, and x stays as it was"""
    values(submission.f3, "f3", draw, observe)


def test_gradient_3(submission, draw, observe):
    """f3's gradient is s + x·s·(1 − s), and 1 in the first row"""
    gradient(submission.f3, "f3", draw, observe)
