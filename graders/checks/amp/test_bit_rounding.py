"""Checks for bit-rounding: nearest, ties, all bits kept, the ends of the range, zeros, memory layout."""

import torch

from graders.kit import equal

EXACT = equal(rtol=0.0, atol=0.0, because="rounding has one right answer")
INF, NAN = float("inf"), float("nan")


def spread(draw, *shape):
    """Numbers of both signs over many sizes, from about 1e-9 to 1e9; the last bit is 1, so that there are no ties."""
    x = draw.normal(*shape) * 10.0 ** draw.uniform(*shape, low=-9, high=9)
    return (x.view(torch.int32) | 1).view(torch.float32)


def exactly(draw, keep, n):
    """n random float32 that need exactly keep mantissa bits: the last of them is 1."""
    whole = draw.integers(2 ** (keep - 1), 2**keep, n) * 2 + 1
    return (whole.double() * 2.0 ** draw.integers(-20, 20, n) * (1 - 2 * draw.integers(0, 2, n))).float()


def test_values(submission, draw, observe):
    """Ordinary numbers go to the nearest one with so many bits, and x stays as it is"""
    for keep in (7, 10, 1, 2, 21):
        observe.call(f"round_mantissa(x, {keep})", submission.round_mantissa, spread(draw, 40), keep, rule=EXACT)
    for keep in range(3, 21):
        x = spread(draw, *draw.sizes(2))
        observe.call(f"round_mantissa(x, {keep})", submission.round_mantissa, x, keep, rule=EXACT)


def test_ties(submission, draw, observe):
    """Numbers just between two neighbors go to the one whose last bit is 0"""
    for keep in (7, 10, 1, 2, 22):
        x = exactly(draw, keep + 1, 24)
        observe.call(f"round_mantissa(ties, {keep})", submission.round_mantissa, x, keep, rule=EXACT)
        close = torch.cat([torch.nextafter(x, 2 * x), torch.nextafter(x, x * 0)])
        observe.call(f"round_mantissa(almost ties, {keep})", submission.round_mantissa, close, keep, rule=EXACT)
        fine = exactly(draw, keep, 24)
        observe.call(f"round_mantissa(round already, {keep})", submission.round_mantissa, fine, keep, rule=EXACT)


def test_all_kept(submission, draw, observe):
    """With 23 bits kept the result is an equal copy"""
    x = spread(draw, 5, 3)
    out = observe.call("round_mantissa(x, 23)", submission.round_mantissa, x, 23, rule=EXACT)
    observe.apart("its memory is its own", out, x)


def test_special(submission, draw, observe):
    """inf and NaN stay, and what rounds past the largest number becomes inf"""
    bits = torch.tensor([0x7F800001, 0x7FFFFFFF, 0x7FC00000, -1, -0x400000 + 1], dtype=torch.int32)
    top = torch.finfo(torch.float32).max
    for keep in (7, 10, 1, 20):
        step = 2.0 ** (127 - keep)
        below = torch.tensor([2.0**128 - step, 2.0**128 - 0.75 * step, -(2.0**128 - 0.75 * step)])
        observe.call(f"round_mantissa(large, {keep})", submission.round_mantissa, below, keep, rule=EXACT)
        ends = torch.tensor([INF, -INF, top, -top, 1.0])
        observe.call(f"round_mantissa(the ends, {keep})", submission.round_mantissa, ends, keep, rule=EXACT)
        nans = bits.view(torch.float32)
        observe(f"round_mantissa(NaNs, {keep})", submission.round_mantissa(nans, keep), EXACT)
    tiny = draw.normal(20) * 2.0**-127
    tiny[0] = 2.0**-149
    for keep in (3, 7, 15):
        observe.call(f"round_mantissa(subnormal, {keep})", submission.round_mantissa, tiny, keep, rule=EXACT)


def test_signed_zero(submission, draw, observe):
    """-0.0 stays -0.0"""
    zeros = torch.tensor([0.0, -0.0, 2.0**-149, -(2.0**-149)])
    for keep in (7, 23):
        out = submission.round_mantissa(zeros, keep)
        observe(f"round_mantissa([0., -0., 1e-45, -1e-45], {keep})", out, EXACT)
        observe(f"signs of round_mantissa([0., -0., 1e-45, -1e-45], {keep})", torch.signbit(out))


def test_layout(submission, draw, observe):
    """Any shape and any memory layout will do"""
    a, b, c = draw.sizes(3)
    layouts = [draw.normal(a, b).t(), draw.strided(draw.normal(b, c)), draw.normal(a, 1, c), draw.normal()]
    for x in [*layouts, draw.normal(1, b), draw.normal(0, 3), draw.normal(1, c).expand(a, c)]:
        observe.call(f"round_mantissa(x {tuple(x.shape)}, 7)", submission.round_mantissa, x, 7, rule=EXACT)
