"""Checks for rope: its form, position 0, pairs, one pair alone, the frequencies, any positions, far ones, dtypes."""

import torch

from graders.kit import equal, holds

ANGLES = equal(rtol=1e-4, atol=1e-4, because="angles may be computed in float32")
FAR = equal(rtol=1e-3, atol=5e-3, because="an angle of thousands of radians in float32 is off by that much")
COARSE = equal(rtol=5e-2, atol=5e-2, because="bfloat16 has 8 significant bits")
OFFSET = "Queries and keys were moved together by the same number of places, and their product has changed."


def sizes(draw, half=4):
    """B, H, T, all different, and a d of at least two pairs that is none of them."""
    b, h, t = draw.sizes(3, high=7)
    return b, h, t, 2 * draw.integer(half, 8)


def test_form(submission, draw, observe):
    """[B, H, T, d] goes in and comes out, in its dtype; x and pos stay as they were"""
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        b, h, t, d = sizes(draw)
        x, pos = draw.normal(b, h, t, d, dtype=dtype), torch.arange(1, t + 1)
        before = x.clone(), pos.clone()
        out = submission.apply_rope(x, pos)
        observe(f"apply_rope(x {str(dtype).removeprefix('torch.')}), the shape", list(out.shape))
        observe("its dtype", str(out.dtype))
        kept = torch.equal(x, before[0]) and torch.equal(pos, before[1])
        observe("x and pos stay as they were", kept, holds("is_true", "A tensor that was passed in was written to."))


def test_position_zero(submission, draw, observe):
    """A token at position 0 is not turned"""
    b, h, t, d = sizes(draw)
    observe("apply_rope(x, zeros)", submission.apply_rope(draw.normal(b, h, t, d), torch.zeros(t, dtype=torch.int64)))


def test_one_pair(submission, draw, observe):
    """With d = 2 the vector is turned by the position, counterclockwise"""
    b, h, t = draw.sizes(3)
    pos = draw.integers(1, 100, t)
    right = torch.tensor([1.0, 0.0]).expand(b, h, t, 2)
    observe("apply_rope(vectors [1, 0], pos)", submission.apply_rope(right, pos), ANGLES)
    observe("apply_rope(x [B, H, T, 2], pos)", submission.apply_rope(draw.normal(b, h, t, 2), pos), ANGLES)


def test_pairs(submission, draw, observe):
    """Numbers i and i + d/2 are a pair: each pair keeps its length, and only its own two numbers change"""
    b, h, t, d = sizes(draw)
    x, pos = draw.normal(b, h, t, d), torch.arange(1, t + 1)
    y = submission.apply_rope(x, pos)
    observe("length of each vector", y.norm(dim=-1))
    observe("length of each pair", y.unflatten(-1, (2, d // 2)).norm(dim=-2))
    for i in draw.random.sample(range(d), 3):
        alone = torch.zeros(b, h, t, d)
        alone[..., i] = x[..., i]
        observe(f"apply_rope(number {i} of {d} alone), where it is not 0", submission.apply_rope(alone, pos) != 0)


def test_frequencies(submission, draw, observe):
    """Pair i turns by base^(−2i/d) per place"""
    b, h, t, d = sizes(draw, half=3)
    ones = torch.cat([torch.ones(b, h, t, d // 2), torch.zeros(b, h, t, d // 2)], dim=-1)
    observe("apply_rope(pairs (1, 0), all at position 1)", submission.apply_rope(ones, torch.ones(t).long()), ANGLES)
    x, pos = draw.normal(b, h, t, d), torch.arange(t)
    observe.call("apply_rope(x, 0 … T − 1)", submission.apply_rope, x, pos, rule=ANGLES)


def test_base(submission, draw, observe):
    """base is the third argument"""
    b, h, t, d = sizes(draw)
    x, pos = draw.normal(b, h, t, d), torch.arange(t)
    for base in (500_000.0, draw.number(50, 900), 100):
        observe.call(f"apply_rope(x, pos, {base:.0f})", submission.apply_rope, x, pos, base, rule=ANGLES)
    observe.call("apply_rope(x, pos, base=7.5)", submission.apply_rope, x, pos, base=7.5, rule=ANGLES)


def test_positions(submission, draw, observe):
    """pos may begin anywhere, as behind a cache, leave places out, repeat, and come in any order"""
    b, h, t, d = sizes(draw)
    start = draw.integer(5, 60)
    x = draw.normal(b, h, t, d)
    observe.call("tokens behind a cache", submission.apply_rope, x, torch.arange(start, start + t), rule=ANGLES)
    one = draw.normal(b, h, 1, d)
    observe.call("one new token", submission.apply_rope, one, torch.tensor([start]), rule=ANGLES)
    observe.call("places in any order", submission.apply_rope, x, draw.integers(0, 100, t), rule=ANGLES)
    x = draw.normal(1, 1, 9, 6)
    observe.call("B = H = 1", submission.apply_rope, x, torch.tensor(draw.random.sample(range(99), 9)), rule=ANGLES)
    wide = draw.strided(draw.normal(b, h, t, d))
    observe.call("x with gaps in memory", submission.apply_rope, wide, draw.integers(0, 100, t), rule=ANGLES)


def test_offset(submission, draw, observe):
    """The product of a query and a key depends on how far apart they are, not on where they are"""
    b, h, t, d = sizes(draw)
    q, k = draw.normal(b, h, t, d), draw.normal(b, h, t, d)
    pos, by = torch.arange(t), draw.integer(20, 80)

    def scores(shift):
        return submission.apply_rope(q, pos + shift) @ submission.apply_rope(k, pos + shift).mT

    observe("q · k", scores(0), equal(rtol=1e-3, atol=1e-3))
    observe("q · k as before", torch.allclose(scores(0), scores(by), rtol=0, atol=1e-2), holds("is_true", OFFSET))


def test_far(submission, draw, observe):
    """Positions in the thousands, in bfloat16 too"""
    b, h, t, d = sizes(draw)
    x, pos = draw.normal(b, h, t, d), draw.integers(1000, 4000, t)
    observe.call("apply_rope(x, positions 1,000 … 4,000)", submission.apply_rope, x, pos, rule=FAR)
    x = x.bfloat16()
    observe.call("apply_rope(x bfloat16, the same)", submission.apply_rope, x, pos, rule=COARSE)


def test_gradients(submission, draw, observe):
    """The gradient of x is turned back"""
    b, h, t, d = sizes(draw)
    x, pos = draw.normal(b, h, t, d, dtype=torch.float64), draw.integers(0, 90, t)
    observe.gradients("apply_rope(x, pos)", submission.apply_rope, x, pos, names=["x", "pos"], rule=ANGLES)


def test_device(submission, draw, observe):
    """The angles are made where x is"""
    b, h, t, d = sizes(draw)
    observe.stays_on_device("apply_rope elsewhere", submission.apply_rope, draw.normal(b, h, t, d), torch.arange(t))
