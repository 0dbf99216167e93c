"""Checks for ninja-shortcuts: cross entropy, its sums and extremes; batch norm, its three results; cost and ban."""

import torch

from graders.kit import equal, holds

F64 = torch.float64
HAND = holds("is_true", "autograd.grad did the work. Here you write the formula.")
COARSE = equal(rtol=2e-3, atol=2e-5, because="float32: two means are subtracted from numbers of their own size")


def batch(draw, n, h, dtype=F64):
    """dout, x and gamma, with means and spreads that differ from column to column."""
    x = draw.normal(n, h, dtype=dtype) * draw.uniform(h, low=0.5, high=3, dtype=dtype) + draw.normal(h, dtype=dtype)
    dout = draw.normal(n, h, mean=0.4, dtype=dtype)
    return dout, x, draw.uniform(h, low=0.5, high=2, dtype=dtype)


def test_cross_entropy(submission, draw, observe):
    """ce_backward: probabilities, less the right answer, as a mean over the rows"""
    with observe.operations() as ops:
        submission.ce_backward(draw.normal(3, 4, dtype=F64), draw.integers(0, 4, 3))
    observe("autograd has no part in it", all(name != "grad" for name, _ in ops.calls), HAND)
    small, large = draw.sizes(2)
    for n, v in ((small, large + 9), (large + 9, small), (6, 6)):
        logits, y = draw.normal(n, v, scale=2, dtype=F64), draw.integers(0, v, n)
        observe.call(f"ce_backward(logits [{n}, {v}], y)", submission.ce_backward, logits, y)


def test_rows(submission, draw, observe):
    """Each row sums to 0; a single row, and rows that all have the same class"""
    n, v = draw.sizes(2, low=3)
    logits, y = draw.normal(n, v, scale=3, dtype=F64), draw.integers(0, v, n)
    rule = holds("sums_to", "A row of the gradient does not sum to 0.", total=0.0, dim=1, atol=1e-12)
    observe("the sums of the rows", submission.ce_backward(logits, y), rule)
    observe.call("ce_backward(one row)", submission.ce_backward, draw.normal(1, v, dtype=F64), draw.integers(0, v, 1))
    y = torch.full((n,), v - 1)
    observe.call("ce_backward(all rows of one class)", submission.ce_backward, draw.normal(n, v, dtype=F64), y)


def test_large_logits(submission, draw, observe):
    """Logits of some thousands, and float32"""
    n, v = draw.sizes(2, low=3)
    for scale in (2e3, -2e3):
        logits = draw.normal(n, v, dtype=F64) + scale
        observe.call(f"ce_backward(logits around {scale:g})", submission.ce_backward, logits, draw.integers(0, v, n))
    logits = draw.normal(n, v, scale=1500)
    observe.call("ce_backward(far apart, float32)", submission.ce_backward, logits, draw.integers(0, v, n))
    logits = draw.normal(n, v, scale=2)
    observe.call("ce_backward(float32)", submission.ce_backward, logits, draw.integers(0, v, n))


def parts(submission, draw, n, h, eps, which, dtype=F64):
    """One of the three results of bn_backward, on a batch of its own."""
    out = submission.bn_backward(*batch(draw, n, h, dtype), eps)
    return list(out)[which] if isinstance(out, (tuple, list)) and len(out) == 3 else out


def test_beta(submission, draw, observe):
    """bn_backward: the gradient of the shift"""
    with observe.operations() as ops:
        submission.bn_backward(*batch(draw, 4, 3), 0.1)
    observe("autograd has no part in it", all(name != "grad" for name, _ in ops.calls), HAND)
    n, h = draw.sizes(2, low=4)
    observe("dbeta", parts(submission, draw, n, h, 1e-5, 2))


def test_gamma(submission, draw, observe):
    """The gradient of the gain"""
    for eps in (1e-5, 0.3):
        n, h = draw.sizes(2, low=4)
        observe(f"dgamma, eps = {eps}", parts(submission, draw, n, h, eps, 1))


def test_input(submission, draw, observe):
    """The gradient of the input, along all three paths"""
    for eps in (1e-5, 0.3):
        n, h = draw.sizes(2, low=4)
        observe(f"dx, eps = {eps}", parts(submission, draw, n, h, eps, 0))
    observe("dx of a square batch", parts(submission, draw, 5, 5, 0.1, 0))
    observe("dx of two rows", parts(submission, draw, 2, 3, 0.1, 0))


def test_whole(submission, draw, observe):
    """Three results, nothing written to; one column, float32"""
    n, h = draw.sizes(2, low=4)
    dout, x, gamma = batch(draw, n, h)
    observe.call("bn_backward(dout, x, gamma, 0.1)", lambda *a: list(submission.bn_backward(*a)), dout, x, gamma, 0.1)
    observe("one column", list(submission.bn_backward(*batch(draw, n, 1), 0.1)))
    observe("float32", list(submission.bn_backward(*batch(draw, n, h, torch.float32), 0.1)), COARSE)


def test_cost(submission, draw, observe):
    """As many operations for a large input as for a small one"""

    def cross_entropy(n, v):
        return submission.ce_backward(torch.zeros(n, v), torch.arange(n) % v)

    def batch_norm(n, h):
        x = torch.arange(float(n))[:, None].repeat(1, h)
        return submission.bn_backward(torch.ones(n, h), x, torch.ones(h), 0.1)

    observe.no_loop("steps of ce_backward for a larger N", lambda size: cross_entropy(size, 3))
    observe.no_loop("steps of ce_backward for a larger V", lambda size: cross_entropy(4, size))
    observe.no_loop("steps of bn_backward for a larger N", lambda size: batch_norm(size, 3))
    observe.no_loop("steps of bn_backward for a larger H", lambda size: batch_norm(4, size))
