"""Checks for ring-allreduce: one rank, two, rings, ragged lengths, the mean, and what went over the wire."""

from gpt2 import world
from graders.kit import at_most

FULL = "A rank sent more than 1.1 · 2(world - 1)/world times its vector. How much must one rank send at least?"


def reduced(submission, draw, ranks, n, op):
    """The result on every rank, and the bytes that each has sent."""
    xs = [draw.normal(n, mean=1.0) for _ in range(ranks)]

    def live(comm):
        return submission.all_reduce(comm, xs[comm.rank], op), comm.sent_bytes

    return zip(*world.run(ranks, live), strict=True)


def see(submission, draw, observe, ranks, n, op):
    results, _ = reduced(submission, draw, ranks, n, op)
    observe(f"all_reduce(x of {n} numbers, {op!r}) on each of {ranks} rank{'s' * (ranks > 1)}", list(results))


def test_one_rank(submission, draw, observe):
    """A world of one rank gets its own values back"""
    for op in ("sum", "mean"):
        see(submission, draw, observe, 1, draw.integer(3, 9), op)


def test_two_ranks(submission, draw, observe):
    """Two ranks both get the sum"""
    see(submission, draw, observe, 2, 2 * draw.integer(2, 5), "sum")


def test_rings(submission, draw, observe):
    """So do three, four and five"""
    for ranks in (3, 4, 5):
        see(submission, draw, observe, ranks, ranks * draw.integer(2, 4), "sum")


def test_ragged(submission, draw, observe):
    """The length need not be a multiple of the number of ranks, and may be below it"""
    for ranks in (2, 3, 4, 5):
        see(submission, draw, observe, ranks, ranks * draw.integer(2, 4) + draw.integer(1, ranks - 1), "sum")
    for ranks, n in ((2, 1), (4, 3), (5, 2)):
        see(submission, draw, observe, ranks, n, "sum")


def test_mean(submission, draw, observe):
    """The mean over ranks"""
    for ranks in (2, 3, 5):
        see(submission, draw, observe, ranks, ranks * draw.integer(2, 4) + 1, "mean")


def test_bytes(submission, draw, observe):
    """No rank sends more than it must"""
    for ranks in (3, 4, 5):
        n = 50 * ranks + draw.integer(1, 200)
        _, sent = reduced(submission, draw, ranks, n, "sum")
        most = 1.1 * 2 * (ranks - 1) / ranks * 4 * n
        for rank, number in enumerate(sent):
            observe(f"bytes that rank {rank} of {ranks} sent for {n} numbers", number, at_most(bound=most, says=FULL))
