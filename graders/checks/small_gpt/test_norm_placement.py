"""Checks for norm-placement: a silent branch, the two sums, how often f runs, x as it was, gradients, other modes."""

import torch
from torch import nn

from graders.kit import holds, noted


def parts(draw, d, dtype=torch.float32):
    """A branch and a norm with weights of their own; the norm's gain and shift are drawn too."""
    h = d + draw.integer(1, 3)
    branch = draw.fill(nn.Sequential(nn.Linear(d, h), nn.Tanh(), nn.Linear(h, d)).to(dtype), scale=0.8)
    return branch, draw.fill(nn.LayerNorm(d).to(dtype), scale=0.8)


def test_silent_branch(submission, draw, observe):
    """If f answers with zeros, "pre" gives x and "post" gives ln(x)"""
    for mode in ("pre", "post"):
        a, b, d = draw.sizes(3, low=3)
        f, ln = parts(draw, d)
        x = draw.normal(a, b, d, scale=2, mean=1)
        out = submission.residual_step(x.clone(), torch.zeros_like, ln, mode)
        observe(f'residual_step(x, zeros, ln, "{mode}")', out)
        observe(f'residual_step(x, f, ln, "{mode}")', submission.residual_step(x.clone(), f, ln, mode), noted())


def test_values(submission, draw, observe):
    """pre is x + f(ln(x)), post is ln(x + f(x))"""
    for mode, dims, dtype in (("pre", 3, torch.float32), ("post", 3, torch.float32), ("pre", 1, torch.float64)):
        shape = draw.sizes(dims, low=3)
        f, ln = parts(draw, shape[-1], dtype)
        x = draw.normal(*shape, scale=2, mean=1, dtype=dtype)
        observe(f'residual_step(x {shape}, f, ln, "{mode}")', submission.residual_step(x.clone(), f, ln, mode))


def test_calls(submission, draw, observe):
    """f is called once"""
    for mode in ("pre", "post"):
        b, d = draw.sizes(2, low=3)
        f, ln = parts(draw, d)
        calls = []

        def noting(x, f=f, calls=calls):
            calls.append("f")
            return f(x)

        submission.residual_step(draw.normal(b, d), noting, ln, mode)
        says = f'In mode "{mode}" f did not run exactly once.'
        observe(f'calls of f in mode "{mode}"', calls, holds("happens", says, event="f", times=1))


def test_untouched(submission, draw, observe):
    """x stays as it was"""
    for mode in ("pre", "post"):
        b, d = draw.sizes(2, low=3)
        f, ln = parts(draw, d)
        observe.call(f'residual_step(x, f, ln, "{mode}")', submission.residual_step, draw.normal(b, d), f, ln, mode)


def test_gradients(submission, draw, observe):
    """x, and the weights of f and ln, get their gradients"""
    for mode in ("pre", "post"):
        a, b, d = draw.sizes(3, low=3)
        f, ln = parts(draw, d, torch.float64)
        params = [(f"f.{n}", p) for n, p in f.named_parameters()] + [(f"ln.{n}", p) for n, p in ln.named_parameters()]

        def step(x, f=f, ln=ln, mode=mode):
            return submission.residual_step(x, f, ln, mode)

        x = draw.normal(a, b, d, mean=0.5, dtype=torch.float64)
        observe.gradients(f'residual_step(x, f, ln, "{mode}")', step, x, params=params, names=["x"])


def test_other_modes(submission, draw, observe):
    """Any other mode raises ValueError"""
    b, d = draw.sizes(2, low=3)
    f, ln = parts(draw, d)
    for mode in ("Pre", "post-norm", "", None):
        call = f"residual_step(x, f, ln, {mode!r})"
        x = draw.normal(b, d)
        observe.raises(call, submission.residual_step, x, f, ln, mode, type="ValueError")
        observe("what came instead", outcome(submission, x, f, ln, mode), noted())


def outcome(submission, *args):
    """The name of what is raised, or of what is returned."""
    try:
        return type(submission.residual_step(*args)).__name__
    except Exception as error:
        return type(error).__name__
