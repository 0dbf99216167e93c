"""Checks for grad-hygiene: the path of plain gradient descent, plain losses, leaves that stay leaves, dtype."""

import torch

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-3, atol=1e-5, because="dozens of float32 steps add up their roundings")


def points(draw, dtype=torch.float32):
    n = draw.integer(5, 12)
    x = draw.normal(n, mean=0.5, dtype=dtype)
    return x, 1.7 * x - 0.6 + draw.normal(n, scale=0.2, dtype=dtype)


def values(w, b, losses):
    """What the fit came to, as plain numbers, whatever the tensors hang on."""
    return [float(w), float(b)], [float(loss) for loss in losses]


def test_steps(submission, draw, observe):
    """Step by step, w, b and the losses are those of plain gradient descent"""
    for steps, lr in ((1, 0.1), (2, 0.05), (25, 0.1)):
        x, y = points(draw)
        line, losses = values(*submission.fit_line(x, y, steps, lr))
        observe(f"w and b after {steps} steps", line, CLOSE)
        observe(f"losses of {steps} steps", losses, CLOSE)


def test_losses(submission, draw, observe):
    """losses holds Python floats, one a step"""
    x, y = points(draw)
    observe("losses", submission.fit_line(x, y, 4, 0.1)[2], CLOSE)


def test_leaves(submission, draw, observe):
    """w and b are still leaves that ask for gradients"""
    x, y = points(draw)
    w, b, _ = submission.fit_line(x, y, 3, 0.1)
    for name, p in (("w", w), ("b", b)):
        leaf = isinstance(p, torch.Tensor) and p.is_leaf and p.grad_fn is None
        observe(f"{name} is a leaf", leaf, holds("is_true", f"{name} is no leaf: it is the result of an operation."))
        observe(f"{name} asks for gradients", p.requires_grad, holds("is_true", f"{name} does not ask for gradients."))


def test_dtype(submission, draw, observe):
    """w and b are 0-d and have x's dtype"""
    for dtype in (torch.float32, torch.float64):
        x, y = points(draw, dtype)
        before = x.clone(), y.clone()
        w, b, _ = submission.fit_line(x, y, 3, 0.1)
        observe(f"w and b for {dtype}", [w.detach(), b.detach()], CLOSE if dtype == torch.float32 else equal())
        same = torch.equal(x, before[0]) and torch.equal(y, before[1]) and x.grad is None
        observe("x and y as they were", same, holds("is_true", "x or y was changed."))
