"""Checks for clip-global: clipped together, from a generator, None, short ones, large ones, not finite, dtypes."""

import torch

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-5, atol=1e-7, because="a 1e-6 beside the norm is allowed")
COARSE = equal(rtol=2e-2, atol=1e-2, because="bfloat16 has 8 significant bits")


def bag(draw, count=3, scale=1.0, dtype=torch.float32):
    """Parameters with gradients; no two shapes alike, the last one a matrix with gaps in its memory."""
    sizes = draw.sizes(count + 1, low=3, high=12)
    params = [torch.nn.Parameter(torch.zeros(n, dtype=dtype)) for n in sizes[: count - 1]]
    params.append(torch.nn.Parameter(torch.zeros(sizes[-2], sizes[-1], dtype=dtype)))
    for i, p in enumerate(params):
        p.grad = draw.normal(*p.shape, scale=scale * (i + 1), mean=0.3 * scale, dtype=dtype)
    params[-1].grad = draw.strided(params[-1].grad)
    return params


def grads(params):
    return [p.grad.clone() for p in params]


def test_clips(submission, draw, observe):
    """All gradients get the same factor, in place, and the norm of before is returned"""
    for max_norm in (1.0, draw.number(1.5, 3.0)):
        params = bag(draw)
        held = [p.grad for p in params]
        observe(f"what clip_(params, {max_norm:.2f}) returns", float(submission.clip_(params, max_norm)), CLOSE)
        observe("gradients after it", grads(params), CLOSE)
        same = all(p.grad is g for p, g in zip(params, held, strict=True))
        observe("the same tensors", same, holds("is_true", "p.grad is another tensor now, not changed in place."))


def test_generator(submission, draw, observe):
    """Parameters may come from a generator"""
    params = bag(draw)
    observe("what clip_(generator, 1.0) returns", float(submission.clip_((p for p in params), 1.0)), CLOSE)
    observe("gradients after it", grads(params), CLOSE)


def test_none(submission, draw, observe):
    """Parameters without a gradient are passed over; without any gradients the norm is 0"""
    params = bag(draw, 4)
    params[1].grad = None
    observe("what it returns", float(submission.clip_(params, 0.5)), CLOSE)
    observe("the other gradients", grads([params[0], *params[2:]]), CLOSE)
    observe("the missing one", params[1].grad)
    for p in params:
        p.grad = None
    observe("what it returns without any gradients", float(submission.clip_(params, 0.5)))
    observe("what it returns without parameters", float(submission.clip_([], 0.5)))


def test_short(submission, draw, observe):
    """Gradients that are short enough stay as they are, bit by bit"""
    for scale, max_norm in ((1e-3, 1.0), (1.0, 1e3)):
        params = bag(draw, scale=scale)
        before = grads(params)
        observe("what it returns", float(submission.clip_(params, max_norm)), CLOSE)
        observe("gradients after it", grads(params), CLOSE)
        same = all(torch.equal(p.grad, g) for p, g in zip(params, before, strict=True))
        observe("no bit has changed", same, holds("is_true", "A gradient that was short enough has been changed."))


def test_large(submission, draw, observe):
    """float32 gradients of 1e25 have a finite norm"""
    params = bag(draw, scale=1e25)
    observe("norm / 10²⁵", float(submission.clip_(params, 2.0)) / 1e25, CLOSE)
    observe("gradients after it", grads(params), CLOSE)


def test_not_finite(submission, draw, observe):
    """A norm that is not finite is returned as it is, and the gradients stay"""
    for bad in (float("inf"), float("nan")):
        params = bag(draw)
        params[1].grad[1] = bad
        observe(f"what it returns with one {bad}", float(submission.clip_(params, 1.0)))
        observe("gradients after it", grads(params))


def test_dtypes(submission, draw, observe):
    """float64 and bfloat16 gradients keep their dtype, also side by side"""
    params = bag(draw, dtype=torch.float64)
    observe("norm of float64 gradients", float(submission.clip_(params, 1.0)), CLOSE)
    observe("float64 gradients after it", grads(params), CLOSE)
    mixed = bag(draw, dtype=torch.bfloat16) + bag(draw)
    observe("norm of mixed gradients", float(submission.clip_(mixed, 1.0)), equal(rtol=1e-3))
    observe("mixed gradients after it", grads(mixed), COARSE)
