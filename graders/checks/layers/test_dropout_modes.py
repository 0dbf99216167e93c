"""Checks for dropout-modes: p, scale, coins of one's own, their share, eval, the ends, no trace, gradients, device."""

import torch

from graders.kit import holds, law


def trial(submission, draw, rows=60, columns=50):
    """A layer in train mode, its p, an input without zeros, and what came out, relative to the input."""
    torch.manual_seed(draw.integer(0, 10**6))
    p = draw.number(0.15, 0.35)
    layer = submission.Dropout(p).train()
    x = draw.uniform(rows, columns, low=1, high=2) * (1 - 2 * (draw.uniform(rows, columns) < 0.5).float())
    return layer, p, x, layer(x.clone()) / x


def test_p(submission, draw, observe):
    """p outside of 0 to 1 is refused at construction; the ends are not"""
    for p in (-0.1, 1.5, draw.number(2, 9)):
        observe.raises(f"Dropout({p:.3g})", submission.Dropout, p)
    for p in (0, 1, 0.0, 1.0, 0.5):
        submission.Dropout(p)
        observe(f"Dropout({p!r}) is made", True)


def test_scale(submission, draw, observe):
    """What is not dropped is multiplied by 1/(1 − p)"""
    for _ in range(2):
        _, p, _, ratio = trial(submission, draw)
        observe(f"the smallest factor that is not 0 (p={p:.3f})", ratio[ratio != 0].min())
        observe(f"the largest factor (p={p:.3f})", ratio.max())
        observe("something was dropped", bool((ratio == 0).any()))


def test_own_coins(submission, draw, observe):
    """Every number has its own coin, and every call throws again"""
    layer, _, x, ratio = trial(submission, draw)
    kept, again = ratio != 0, layer(x.clone()) != 0
    observe("all rows drop the same columns", bool((kept == kept[:1]).all()))
    observe("all columns drop the same rows", bool((kept == kept[:, :1]).all()))
    observe("two calls drop the same numbers", bool((kept == again).all()))
    cube = layer(torch.ones(7, 6, 30)) != 0
    observe("in 3-D: all of the batch drop the same", bool((cube == cube[:1]).all()))
    observe("in 3-D: all places drop the same", bool((cube == cube[:, :1]).all()))


def test_share(submission, draw, observe):
    """A number stays with probability 1 − p"""
    _, p, _, ratio = trial(submission, draw, rows=200)
    says = "The share of numbers that stay is not 1 − p."
    observe(f"share that stays (p={p:.3f})", (ratio != 0).double(), law(1 - p, (p * (1 - p)) ** 0.5, says=says))


def test_eval(submission, draw, observe):
    """In eval mode x comes back as it is"""
    for p in (draw.number(0.2, 0.8), 1.0):
        layer = submission.Dropout(p).eval()
        observe.call(f"forward(x) in eval mode (p={p:.3g})", layer, draw.normal(*draw.sizes(3)))


def test_ends(submission, draw, observe):
    """p = 0 drops nothing, p = 1 everything"""
    for p in (0.0, 1.0):
        observe(f"forward(x) with p={p:g}", submission.Dropout(p)(draw.normal(*draw.sizes(2))).abs())


def test_untouched(submission, draw, observe):
    """x is not written to; the result has its shape and dtype"""
    layer, *_ = trial(submission, draw)
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        x = draw.normal(*draw.sizes(3), dtype=dtype)
        before = x.clone()
        out = layer(x)
        says = "x has been written to. The caller still needs it as it was."
        observe("x is as before", torch.equal(x, before), holds("is_true", says))
        observe("shape and dtype", [list(out.shape), out.dtype])


def test_gradients(submission, draw, observe):
    """The gradient has the same coins and the same scale"""
    layer, _, x, _ = trial(submission, draw)
    leaf = x.clone().requires_grad_()
    out = layer(leaf)
    out.sum().backward()
    same = leaf.grad is not None and torch.allclose(leaf.grad, out.detach() / x, rtol=1e-4, atol=1e-5)
    says = "The gradient is not that of the numbers that were kept."
    observe("gradient equals the factors", same, holds("is_true", says))
    everything = draw.normal(4, 5).requires_grad_()
    submission.Dropout(1.0)(everything).sum().backward()
    observe("gradient with p=1", everything.grad.abs())


def test_device(submission, draw, observe):
    """The coins are thrown where x is"""
    layer, _, x, _ = trial(submission, draw)
    observe.stays_on_device("forward(x) on another device", layer, x)
