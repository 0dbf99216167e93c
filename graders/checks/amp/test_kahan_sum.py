"""Checks for kahan-sum: one step, one number that creeps, many at once, and where the state lives."""

import torch

from graders.kit import at_most, equal, holds, noted

BF16 = torch.bfloat16
NEAR = equal(rtol=2**-6, atol=0.0, because="two steps of bfloat16")
WRITTEN = "upd has been written to. The caller still needs it as it was."


def run(submission, p, updates, fresh=False):
    """Add all the updates to p; with ``fresh``, each call gets copies of p and comp. Returns both."""
    comp = torch.zeros_like(p)
    for upd in updates:
        if fresh:
            p, comp = p.clone(), comp.clone()
        submission.kahan_add_(p, upd, comp)
    return p, comp


def test_one_step(submission, draw, observe):
    """p changes in place, upd does not"""
    n = draw.integer(3, 9)
    p = draw.integers(1, 60, n).to(BF16)
    upd = (draw.integers(1, 60, n) + 0.5).to(BF16)
    mine, given, comp = p.clone(), upd.clone(), torch.zeros_like(p)
    submission.kahan_add_(mine, given, comp)
    observe("p after one step", mine, NEAR)
    observe("upd afterwards", given, equal(rtol=0.0, atol=0.0))
    tiny = draw.uniform(n, low=0.0005, high=0.001).to(BF16)
    given = tiny.clone()
    for _ in range(3):
        submission.kahan_add_(mine, given, comp)
    observe("upd after three small steps is as it was", torch.equal(given, tiny), holds("is_true", WRITTEN))
    observe("dtypes of p and comp", [mine.dtype, comp.dtype])


def test_creeps(submission, draw, observe):
    """2,000 updates of 0.001 take 1 to about 3"""
    upd = torch.full((1,), 1e-3, dtype=BF16)
    first = [run(submission, torch.ones(1, dtype=BF16), [upd] * n)[1].abs().item() * 1000 for n in (1, 2, 3)]
    observe("1,000 times the size of comp after 1, 2 and 3 updates", first, noted())
    p, _ = run(submission, torch.ones(1, dtype=BF16), [upd] * 2000)
    observe("p after 2,000 updates of 0.001 on 1", p, NEAR)
    p, _ = run(submission, -torch.ones(1, dtype=BF16), [torch.full((1,), -3e-3, dtype=BF16)] * 500)
    observe("p after 500 updates of -0.003 on -1", p, NEAR)


def test_many(submission, draw, observe):
    """Entries of different sizes each keep their own change"""
    for shape in (draw.sizes(1), draw.sizes(2)):
        p = (draw.uniform(*shape, low=1.0, high=4.0) * (1 - 2 * draw.integers(0, 2, *shape))).to(BF16)
        step = draw.uniform(*shape, low=0.0002, high=0.004) * p.sign()
        updates = [(step * draw.uniform(*shape, low=0.5, high=1.5)).to(BF16) for _ in range(300)]
        p, _ = run(submission, p, updates)
        observe(f"p {tuple(shape)} after 300 updates", p, NEAR)


def test_state(submission, draw, observe):
    """All that is remembered lies in p and comp, even if they are other tensors at each call"""
    n = draw.integer(4, 9)
    p = draw.uniform(n, low=1.0, high=2.0).to(BF16)
    updates = [draw.uniform(n, low=0.0, high=0.002).to(BF16) for _ in range(300)]
    p, _ = run(submission, p, updates, fresh=True)
    observe("p after 300 updates, copied each time", p, NEAR)


def test_together(submission, draw, observe):
    """p and comp together are close to the true sum"""
    n = 20
    p = draw.uniform(n, low=1.0, high=2.0).to(BF16)
    updates = [draw.uniform(n, low=0.0, high=0.004).to(BF16) for _ in range(300)]
    true = p.double() + sum(u.double() for u in updates)
    p, comp = run(submission, p, updates)
    off = min((p.double() + sign * comp.double() - true).abs().max().item() for sign in (1, -1))
    observe("error of p and comp together", off, at_most(bound=2e-3, says="p and comp together miss the true sum."))


def test_layout(submission, draw, observe):
    """A transposed tensor and a single number will do"""
    a, b = draw.sizes(2)
    for p in (draw.uniform(a, b, low=1.0, high=2.0).to(BF16).t(), torch.tensor(1.5, dtype=BF16)):
        upd = torch.full(p.shape, 0.002, dtype=BF16)
        out, _ = run(submission, p.clone(), [upd] * 200)
        observe(f"p {tuple(p.shape)} after 200 updates", out, NEAR)
