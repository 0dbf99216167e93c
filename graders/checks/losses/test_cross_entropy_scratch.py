"""Checks for cross-entropy-scratch: values, reductions, ignored rows, smoothing, extremes, dtypes, gradients."""

import torch

from graders.kit import equal

COARSE = equal(rtol=5e-2, atol=5e-2, because="bfloat16 has 8 significant bits")
REDUCTIONS = ("none", "sum", "mean")


def rows(draw, n, c, ignored=0, mark=-100, dtype=torch.float32):
    """Logits and targets; ``ignored`` rows, in places drawn, have the target ``mark``, and no other row has."""
    logits = draw.normal(n, c, scale=2, dtype=dtype)
    others = torch.tensor([k for k in range(c) if k != mark])
    y = others[draw.integers(0, len(others), n)]
    y[draw.random.sample(range(n), ignored)] = mark
    return logits, y


def test_values(submission, draw, observe):
    """The mean of −log p(right class) over the rows"""
    for n, c in (draw.sizes(2, low=3), (1, draw.integer(2, 9)), (draw.integer(3, 9), 1), (5, 5), (7, 130)):
        observe.call(f"cross_entropy(logits [{n}, {c}], y)", submission.cross_entropy, *rows(draw, n, c))
    n, c = draw.sizes(2, low=3)
    logits, y = rows(draw, n, c)
    observe.call("cross_entropy(strided logits, y)", submission.cross_entropy, draw.strided(logits), y)


def test_reductions(submission, draw, observe):
    """reduction="none" gives the loss of each row, "sum" their sum, "mean" their mean"""
    for reduction in REDUCTIONS:
        n, c = draw.sizes(2, low=3)
        name = f'cross_entropy(logits [{n}, {c}], y, reduction="{reduction}")'
        observe.call(name, submission.cross_entropy, *rows(draw, n, c), reduction=reduction)


def test_ignored(submission, draw, observe):
    """A row with the target −100 has the loss 0 and is not counted, be there 5 classes or 130"""
    for c in (draw.integer(101, 140), draw.integer(3, 9)):
        for reduction in ("mean", "sum", "none"):
            n = draw.integer(7, 12)
            name = f'cross_entropy(logits [{n}, {c}], y with −100, reduction="{reduction}")'
            observe.call(name, submission.cross_entropy, *rows(draw, n, c, ignored=3), reduction=reduction)
    observe.call("one class, two rows ignored", submission.cross_entropy, *rows(draw, n, 1, ignored=2))


def test_ignore_index(submission, draw, observe):
    """ignore_index may be any other number: negative, or one of the classes"""
    for mark in (0, 2, -1):
        for reduction in ("mean", "none"):
            n, c = draw.integer(7, 10), draw.integer(4, 6)
            args = rows(draw, n, c, ignored=2, mark=mark)
            name = f'cross_entropy(logits [{n}, {c}], y, ignore_index={mark}, reduction="{reduction}")'
            observe.call(name, submission.cross_entropy, *args, ignore_index=mark, reduction=reduction)


def test_all_ignored(submission, draw, observe):
    """When no row counts, the mean is NaN, the sum 0, and every loss 0"""
    for reduction in REDUCTIONS:
        n, c = draw.sizes(2, low=3)
        args = rows(draw, n, c, ignored=n)
        name = f'cross_entropy(logits [{n}, {c}], only −100, reduction="{reduction}")'
        observe.call(name, submission.cross_entropy, *args, reduction=reduction)


def test_smoothing(submission, draw, observe):
    """The target is (1 − s) · one-hot + s / C"""
    for reduction in REDUCTIONS:
        n, c = draw.sizes(2, low=3)
        s = round(draw.number(0.1, 0.6), 2)
        name = f'cross_entropy(logits [{n}, {c}], y, reduction="{reduction}", label_smoothing={s})'
        observe.call(name, submission.cross_entropy, *rows(draw, n, c), reduction=reduction, label_smoothing=s)
    observe.call("one class, smoothed", submission.cross_entropy, *rows(draw, n, 1), label_smoothing=0.2)


def test_smoothing_ignored(submission, draw, observe):
    """Ignored rows have the loss 0 with smoothing too, and are not counted"""
    for reduction in ("none", "sum", "mean"):
        n, c = draw.integer(7, 12), draw.integer(3, 6)
        args = rows(draw, n, c, ignored=3)
        name = f'cross_entropy(logits [{n}, {c}], y with −100, reduction="{reduction}", label_smoothing=0.3)'
        observe.call(name, submission.cross_entropy, *args, reduction=reduction, label_smoothing=0.3)


def test_positions(submission, draw, observe):
    """The arguments stand in the order of the docstring"""
    logits, y = rows(draw, 8, 5, ignored=2, mark=3)
    observe.call('cross_entropy(logits, y, 3, "sum", 0.2)', submission.cross_entropy, logits, y, 3, "sum", 0.2)


def test_extremes(submission, draw, observe):
    """Logits of ±10,000 give finite losses, large where the model is surely wrong"""
    n, c = draw.sizes(2, low=4)
    for reduction in ("none", "mean"):
        logits, y = rows(draw, n, c)
        logits = logits + draw.uniform(n, 1, low=-9e3, high=9e3)
        logits[0, y[0]] -= 1e4
        logits[1, y[1]] += 1e4
        name = f'cross_entropy(logits up to ±20,000, y, reduction="{reduction}")'
        observe.call(name, submission.cross_entropy, logits, y, reduction=reduction)


def test_dtype(submission, draw, observe):
    """The result has the logits' dtype"""
    for dtype, rule in ((torch.float64, None), (torch.bfloat16, COARSE)):
        for reduction in REDUCTIONS:
            logits, y = rows(draw, 9, 4, ignored=2)
            name = f'cross_entropy(logits {str(dtype)[6:]}, y, reduction="{reduction}")'
            observe.call(name, submission.cross_entropy, logits.to(dtype), y, reduction=reduction, rule=rule)


def test_gradients(submission, draw, observe):
    """The logits get their gradient: 0 in ignored rows"""
    for reduction in REDUCTIONS:
        for s in (0.0, 0.2):
            n, c = draw.integer(5, 9), draw.integer(3, 6)
            logits, y = rows(draw, n, c, ignored=2, dtype=torch.float64)

            def loss(logits, y=y, reduction=reduction, s=s):
                return submission.cross_entropy(logits, y, reduction=reduction, label_smoothing=s)

            name = f'cross_entropy(logits, y, reduction="{reduction}", label_smoothing={s})'
            observe.gradients(name, loss, logits, names=["logits"])
    logits, y = rows(draw, 4, 3, dtype=torch.float64)
    logits = logits * 500
    observe.gradients(
        "cross_entropy(logits up to ±2,000, y)", submission.cross_entropy, logits, y, names=["logits", "y"]
    )
