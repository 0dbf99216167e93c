"""Checks for reward-pair: the loss of pairs, far scores, its gradients; then the place that is read, and gradients."""

import torch

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-5, atol=1e-7, because="a loss near 0 is the tail of an exponential")
FILLED = "Other values in the filled places have changed the scores."


def rows(draw, b, t, dtype=torch.float32):
    """Values with exact zeros in the real part, and a mask of rows of different lengths."""
    lengths = torch.tensor([t, 1, *(draw.integer(2, t - 1) for _ in range(b - 2))])
    lengths = lengths[torch.randperm(b, generator=draw.generator)]
    values = draw.normal(b, t, mean=0.5, dtype=dtype)
    mask = torch.arange(t) < lengths[:, None]
    for row in range(0, b, 2):
        values[row, lengths[row] - 1] = 0.0  # the score itself may be 0
    for row in range(1, b, 2):
        values[row, draw.integer(0, int(lengths[row]) - 1)] = 0.0
    return values, mask


def test_pairs(submission, draw, observe):
    """The mean over pairs of −log sigmoid(r_win − r_lose)"""
    for b in (1, *draw.sizes(2, low=3)):
        name = f"pair_loss(r_win [{b}], r_lose [{b}])"
        observe.call(name, submission.pair_loss, draw.normal(b, scale=2, mean=1), draw.normal(b, scale=2))
    observe.call("equal scores", submission.pair_loss, x := draw.normal(4), x.clone())
    x, y = draw.normal(5, dtype=torch.float64), draw.normal(5, dtype=torch.float64)
    observe.call("float64", submission.pair_loss, x, y)


def test_far(submission, draw, observe):
    """Scores hundreds apart: finite and exact, on both sides"""
    far = draw.uniform(3, low=100, high=900)
    zero = torch.zeros(3)
    observe.call("the preferred text far below", submission.pair_loss, -far, zero, rule=CLOSE)
    observe.call("the preferred text far above", submission.pair_loss, far, zero, rule=CLOSE)
    near = draw.uniform(1, low=12, high=15)
    observe.call("a dozen above: tiny, and not 0", submission.pair_loss, near, torch.zeros(1), rule=CLOSE)
    observe.call("both far out", submission.pair_loss, far + draw.normal(3), far.clone(), rule=CLOSE)


def test_pair_gradients(submission, draw, observe):
    """Both scores get their gradients, far ones too"""
    win, lose = draw.normal(6, dtype=torch.float64, scale=2), draw.normal(6, dtype=torch.float64)
    observe.gradients("pair_loss(r_win, r_lose)", submission.pair_loss, win, lose, names=["r_win", "r_lose"])
    far = draw.uniform(4, low=300, high=900) * torch.tensor([1, -1, 1, -1])
    observe.gradients("pair_loss(far scores)", submission.pair_loss, far, torch.zeros(4), names=["r_win", "r_lose"])


def test_end(submission, draw, observe):
    """Each row's value at its last real token; the mask may be bool or int; a value may be 0"""
    for kind in (torch.bool, torch.int64):
        b, t = draw.random.sample(range(4, 10), 2)
        values, mask = rows(draw, b, t)
        name = str(kind).removeprefix("torch.")
        observe.call(f"end_reward(values [{b}, {t}], mask {name})", submission.end_reward, values, mask.to(kind))


def test_filled(submission, draw, observe):
    """What stands in the filled places plays no part, be it inf or NaN"""
    values, mask = rows(draw, 6, 8)
    out = submission.end_reward(values, mask)
    for name, filling in (("other numbers", draw.normal(6, 8, scale=9)), ("inf", torch.full((6, 8), torch.inf)),
                          ("NaN", torch.full((6, 8), torch.nan))):  # fmt: skip
        same = torch.equal(submission.end_reward(torch.where(mask, values, filling), mask), out)
        observe(f"{name} filled in", same, holds("is_true", FILLED))


def test_ends(submission, draw, observe):
    """One text, one token, all real, float64, memory with gaps"""
    observe.call("one token", submission.end_reward, draw.normal(1, 1), torch.ones(1, 1, dtype=torch.bool))
    values = draw.normal(3, 5, dtype=torch.float64)
    observe.call("all real, float64", submission.end_reward, values, torch.ones(3, 5, dtype=torch.int64))
    values, mask = rows(draw, 5, 7)
    observe.call("strided", submission.end_reward, draw.strided(values), draw.strided(mask))


def test_end_gradients(submission, draw, observe):
    """Only the values that were read get a gradient"""
    values, mask = rows(draw, 5, 7, dtype=torch.float64)
    observe.gradients("end_reward(values, mask)", submission.end_reward, values, mask, names=["values", "mask"])


def test_device(submission, draw, observe):
    """New tensors are made where values are"""
    values, mask = rows(draw, 4, 6)
    observe.stays_on_device("end_reward(values, mask)", submission.end_reward, values, mask)
