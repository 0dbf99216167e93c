"""Checks for slow-op-finder: a plain operator, one inside a wrapper, labels, many calls, a first call, a whole step."""

import os
import time

import torch
from torch import nn
from torch.profiler import record_function

ALIKE = ("tanh", "erf", "sin")
"""Of about the same cost a number, on any processor: what leads here leads everywhere."""


def name_of(submission, make):
    """What two of up to four calls on fresh work agree on: a busy machine may well spoil one."""
    torch.set_num_threads(1)  # two would wait for each other on a busy machine, in whatever operator they happen to be
    os.environ["KINETO_LOG_LEVEL"] = "99"  # or the profiler writes lines of its own among the learner's
    found = []
    for _ in range(4):
        name = submission.slowest(make())
        if name in found:
            break
        found.append(name)
    return name


def small(draw, times):
    """Many quick operators, as there are in any program."""
    a, b = draw.normal(8, 5), draw.normal(8, 5)

    def work():
        total = a.abs().sum()
        for _ in range(times):
            (a * b + total).relu()
        return a - b

    return work


def numbers(draw, *shape):
    """Many numbers at little cost: a thousand drawn ones, over and over."""
    count = torch.Size(shape).numel()
    return draw.normal(1009).repeat(count // 1009 + 1)[:count].view(shape)


def plain(draw, kind):
    """An operator that does all of its work itself, some 10 ms of it or more."""
    if kind == "mm":
        square = numbers(draw, 400, 400)
        return lambda: [square.mm(square) for _ in range(16)]
    if kind == "sort":  # each so short that what it calls does not wait for other threads
        short = draw.normal(30_000)
        return lambda: [short.sort() for _ in range(10)]
    long = numbers(draw, draw.integer(1_400_000, 1_700_000))
    mask = long > 1
    return {
        "cumsum": lambda: [long.cumsum(0) for _ in range(4)],
        "nonzero": lambda: [mask.nonzero() for _ in range(2)],
        "pow": lambda: [long**2.5 for _ in range(3)],
    }[kind]


def wrapped(draw, kind):
    """An operator that has another one do its work."""
    if kind in ("matmul", "batched matmul"):
        x = numbers(draw, 400, 400) if kind == "matmul" else numbers(draw, 40, 150, 150)
        return lambda: [x @ x for _ in range(16 if kind == "matmul" else 4)]
    wide, rows = numbers(draw, 700, 2048), draw.integers(0, 700, 3000)
    return {
        "softmax": lambda: [wide.softmax(1) for _ in range(10)],
        "contiguous": lambda: [wide.t().contiguous() for _ in range(3)],
        "embedding": lambda: [nn.functional.embedding(rows, wide) for _ in range(3)],
    }[kind]


def test_operator(submission, draw, observe):
    """The operator that takes most of the time is named, as the profiler prints it"""
    for kind in draw.random.sample(["sort", "cumsum", "mm", "nonzero", "pow"], 2):

        def make(kind=kind):
            few, heavy = small(draw, 8), plain(draw, kind)
            return lambda: (few(), heavy(), few())

        observe(f"slowest(a few small operators, one {kind})", name_of(submission, make))


def test_self(submission, draw, observe):
    """Own time counts: the operator that works is named, not the one that calls it"""
    for kind in draw.random.sample(["matmul", "batched matmul", "softmax", "contiguous", "embedding"], 3):

        def make(kind=kind):
            few, heavy = small(draw, 4), wrapped(draw, kind)
            return lambda: (few(), heavy())

        observe(f"slowest(a few small operators, one {kind})", name_of(submission, make))


def test_labels(submission, draw, observe):
    """Labeled regions are no operators, however long they take"""
    kind = draw.random.choice(["matmul", "softmax"])

    def make():
        few, x = small(draw, 2), numbers(draw, 300, 300)

        def step():
            with record_function("step"):
                with record_function("data"):
                    time.sleep(0.08)
                    few()
                with record_function("model"):
                    return [x @ x if kind == "matmul" else x.softmax(1) for _ in range(12 if kind == "matmul" else 60)]

        return step

    observe(f"slowest(waits for data, then much {kind})", name_of(submission, make))


def test_many_calls(submission, draw, observe):
    """All calls of an operator count together, whatever their shapes"""
    # all that is drawn is drawn here: how often work is made depends on how busy the machine is
    pairs = [draw.random.sample(ALIKE, 2) for _ in range(2)]
    for (often, once), shapes, size in zip(pairs, (1, 30), (3_000_000, 11_000_000), strict=True):

        def make(often=often, once=once, shapes=shapes, size=size):
            long, few = numbers(draw, size), small(draw, 2)
            pieces = [long[: size * 8 // 100 + 999 * (i % shapes)] for i in range(60)]
            return lambda: (few(), getattr(long, once)(), [getattr(x, often)() for x in pieces])

        observe(f"slowest(60 times {often}, {shapes} shapes, once {once} of a long one)", name_of(submission, make))


def test_first_call(submission, draw, observe):
    """What only the first call does is not counted"""
    later = draw.random.choice(ALIKE)

    def make():
        few, long, table = small(draw, 2), draw.normal(500_000), []

        def work():
            if not table:
                table.append(long.sort().values)
            few()
            return [getattr(x, later)() for x in (table[0], long) * 3]

        return work

    observe(f"slowest(sorts at the first call, then {later} at each)", name_of(submission, make))


def test_step(submission, draw, observe):
    """In a whole training step the operator is found too"""
    d = draw.integer(160, 175)

    def make():
        model = nn.Sequential(*(nn.Linear(d, d, bias=False) for _ in range(30)), nn.Tanh())
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        x = draw.normal(180, d)

        def step():
            with record_function("forward"):
                loss = model(x).square().mean()
            with record_function("backward"):
                loss.backward()
            opt.step()
            opt.zero_grad()

        return step

    observe("slowest(a training step)", name_of(submission, make))
