"""Checks for pick-per-row: rows, tokens, sizes of 1, minus infinity, memory layouts, gradients, cost."""

import torch

from graders.kit import at_most

TOO_MUCH = "On the way there was a tensor with more elements than logp."


def table(draw, *shape, dtype=torch.float32):
    """Log-probabilities, and a drawn column for each row."""
    logp = draw.normal(*shape, scale=2, dtype=torch.float64).log_softmax(-1).to(dtype)
    if shape[-1] == 1:
        logp = draw.normal(*shape, dtype=dtype)  # log 1 everywhere would tell nothing
    return logp, draw.integers(0, shape[-1], *shape[:-1])


def test_rows(submission, draw, observe):
    """pick: entry i is logp[i, y[i]]"""
    n, more, v = sorted(draw.sizes(3, low=3, high=12))
    for shape in ((v, v), (v, n), (n, v), (more, v)):
        observe.call(f"pick(logp {shape}, y)", submission.pick, *table(draw, *shape))


def test_single(submission, draw, observe):
    """pick: one row, one column; the result keeps its dimension"""
    (n,) = draw.sizes(1, low=3)
    for shape in ((1, n), (n, 1), (1, 1)):
        observe.call(f"pick(logp {shape}, y)", submission.pick, *table(draw, *shape))


def test_tokens(submission, draw, observe):
    """pick_tokens: entry (b, t) is logp[b, t, y[b, t]]"""
    a, b, c = sorted(draw.sizes(3, low=3, high=9))
    for shape in ((b, b, a), (a, c, b), (b, a, c), (c, b, a)):
        observe.call(f"pick_tokens(logp {shape}, y)", submission.pick_tokens, *table(draw, *shape))


def test_single_token(submission, draw, observe):
    """pick_tokens: one sequence, one position, one token in the vocabulary"""
    a, b = draw.sizes(2, low=3)
    for shape in ((1, a, b), (a, 1, b), (a, b, 1), (1, 1, a), (1, 1, 1)):
        observe.call(f"pick_tokens(logp {shape}, y)", submission.pick_tokens, *table(draw, *shape))


def test_impossible(submission, draw, observe):
    """Minus infinity comes out where it is picked, and nowhere else"""
    n, v = draw.sizes(2, low=3)
    logp, y = table(draw, n, v)
    logp[draw.uniform(n, v) < 0.4] = float("-inf")
    logp[0, y[0]], logp[0, (y[0] + 1) % v], logp[1, y[1]] = -1.5, float("-inf"), float("-inf")
    observe.call("pick(logp with -inf, y)", submission.pick, logp, y)
    both = torch.stack([logp, logp.flip(1)]), torch.stack([y, v - 1 - y])
    observe.call("pick_tokens(logp with -inf, y)", submission.pick_tokens, *both)


def test_dtype(submission, draw, observe):
    """float64 and bfloat16 come back as they came"""
    for dtype in (torch.float64, torch.bfloat16):
        a, b, c = draw.sizes(3, low=3)
        name = str(dtype).removeprefix("torch.")
        observe.call(f"pick(logp {name}, y)", submission.pick, *table(draw, a, b, dtype=dtype))
        observe.call(f"pick_tokens(logp {name}, y)", submission.pick_tokens, *table(draw, a, b, c, dtype=dtype))


def test_strided(submission, draw, observe):
    """Tables that are not contiguous give the same"""
    a, b, c = draw.sizes(3, low=3)
    logp, y = table(draw, a, b)
    observe.call("pick(strided logp, y)", submission.pick, draw.strided(logp), draw.strided(y))
    logp, y = table(draw, a, b, c)
    tokens = submission.pick_tokens
    observe.call("pick_tokens(strided logp, y)", tokens, draw.strided(logp), draw.strided(y))
    observe.call("pick_tokens(transposed logp, transposed y)", tokens, logp.transpose(0, 1), y.T)


def test_gradients(submission, draw, observe):
    """Only the picked entries get a gradient"""
    a, b, c = draw.sizes(3, low=3)
    logp, y = table(draw, a, b, dtype=torch.float64)
    observe.gradients("pick(logp, y)", submission.pick, logp, y, names=["logp", "y"])
    logp, y = table(draw, a, b, c, dtype=torch.float64)
    observe.gradients("pick_tokens(logp, y)", submission.pick_tokens, logp, y, names=["logp", "y"])


def test_no_loop(submission, draw, observe):
    """As many Python steps for many rows as for a few"""
    observe.no_loop("pick(logp, y) with more rows", lambda n: submission.pick(*table(draw, n, 5)))
    observe.no_loop("pick_tokens(logp, y), more sequences", lambda n: submission.pick_tokens(*table(draw, n, 3, 5)))
    observe.no_loop("pick_tokens(logp, y), longer ones", lambda n: submission.pick_tokens(*table(draw, 3, n, 5)))


def test_memory(submission, draw, observe):
    """No intermediate result is larger than logp"""
    v = draw.integer(3, 6)
    for name, call, shape in (
        ("pick", submission.pick, (40, v)),
        ("pick", submission.pick, (v, 40)),
        ("pick_tokens", submission.pick_tokens, (8, 5, v)),
        ("pick_tokens", submission.pick_tokens, (2, v, 40)),
    ):
        logp, y = table(draw, *shape)
        with observe.operations() as ops:
            call(logp, y)
        observe(f"largest tensor in {name}(logp {shape}, y)", ops.largest(), at_most(bound=logp.numel(), says=TOO_MUCH))
