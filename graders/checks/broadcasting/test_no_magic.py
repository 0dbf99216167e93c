"""Checks for no-magic: the four functions one by one, their dtypes, then loops and devices."""

import torch


def test_tril_mask(submission, draw, observe):
    """tril_mask(n) is True on and below the diagonal"""
    for n in (1, *draw.sizes(3)):
        observe(f"tril_mask({n})", submission.tril_mask(n))


def test_cumsum(submission, draw, observe):
    """cumsum(x) gives running sums, each with its own entry"""
    for n in (1, *draw.sizes(3)):
        observe.call(f"cumsum(x [{n}])", submission.cumsum, draw.normal(n))
    observe.call("cumsum(strided x)", submission.cumsum, draw.strided(draw.normal(draw.integer(3, 9))))


def test_cumsum_dtype(submission, draw, observe):
    """cumsum keeps float64 and int64"""
    n = draw.integer(3, 9)
    observe.call("cumsum(x float64)", submission.cumsum, draw.normal(n, dtype=torch.float64))
    observe.call("cumsum(x int64)", submission.cumsum, draw.integers(-9, 10, n))
    observe.call("cumsum(large x int64)", submission.cumsum, draw.integers(10**8, 10**9, n))


def test_bincount(submission, draw, observe):
    """bincount(x, k) counts 0 … k − 1, also what never occurs"""
    for n in draw.sizes(3, low=8, high=20):
        k = draw.integer(3, 6)
        extra = draw.integer(1, 3)
        observe.call(f"bincount(x [{n}], {k + extra})", submission.bincount, draw.integers(0, k, n), k + extra)
    observe.call("bincount(x empty, 3)", submission.bincount, draw.integers(0, 3, 0), 3)
    observe.call("bincount(x strided, 5)", submission.bincount, draw.strided(draw.integers(0, 5, 9)), 5)


def test_seq_mask(submission, draw, observe):
    """seq_mask(lengths, T) is True in the first lengths[b] places of row b"""
    for b, t in (draw.sizes(2), draw.sizes(2), (1, 5), (4, 1)):
        lengths = draw.integers(0, t + 1, b)
        observe.call(f"seq_mask(lengths [{b}], {t})", submission.seq_mask, lengths, t)
    observe.call("seq_mask([0, 4, 2], 4)", submission.seq_mask, torch.tensor([0, 4, 2]), 4)


def test_no_loops(submission, draw, observe):
    """No function takes more steps for a larger input"""
    x = draw.integers(0, 4, 64)
    observe.no_loop("steps of tril_mask", submission.tril_mask)
    observe.no_loop("steps of cumsum", lambda n: submission.cumsum(x[:n]))
    observe.no_loop("steps of bincount as x grows", lambda n: submission.bincount(x[:n], 4))
    observe.no_loop("steps of bincount as k grows", lambda n: submission.bincount(x, n))
    observe.no_loop("steps of seq_mask as lengths grow", lambda n: submission.seq_mask(x[:n], 5))
    observe.no_loop("steps of seq_mask as T grows", lambda n: submission.seq_mask(x[:3], n))


def test_device(submission, draw, observe):
    """Whatever they make lies on the device of what came in"""
    n, k = draw.sizes(2)
    x = draw.integers(0, k, n)
    observe.stays_on_device("cumsum makes nothing on the CPU", submission.cumsum, x)
    observe.stays_on_device("bincount makes nothing on the CPU", submission.bincount, x, k)
    observe.stays_on_device("seq_mask makes nothing on the CPU", submission.seq_mask, x, k)
