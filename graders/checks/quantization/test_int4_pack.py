"""Checks for int4-pack: the bytes, the way back, scales and steps, groups on the way back; then all of it."""

import torch

from graders.kit import at_most, holds, noted

FAR = "A weight is off by more than half a step of its group (its largest absolute value / 7 / 2)."


def fours(draw, o, i):
    """Whole numbers from −8 to 7, with both ends in them."""
    q = draw.integers(-8, 8, o, i).to(torch.int8)
    q[0, :4] = torch.tensor([-8, 7, -1, 1])
    return q


def clear(draw, o, groups, group, like=0.3):
    """Weights near whole numbers of scales, which are of very different size: the nearest step is beyond doubt."""
    whole = draw.integers(-7, 8, o, groups, group)
    whole = whole + draw.uniform(o, groups, group, low=-0.3, high=0.3) * (whole.abs() < 7)
    whole[..., 0] = torch.where(draw.integers(0, 2, o, groups) > 0, 7.0, -7.0)
    whole = torch.stack([g[torch.randperm(group, generator=draw.generator)] for g in whole.flatten(0, 1)])
    scale = draw.uniform(o * groups, low=0.5, high=1.5) * 10.0 ** draw.integers(-2, 3, o * groups) * like
    return (whole * scale[:, None]).view(o, groups * group)


def test_pack(submission, draw, observe):
    """Even columns in the low four bits, odd ones in the high four"""
    for o, i in ((3, 10), (5, 4), (1, 64)):
        observe.call(f"pack(q [{o}, {i}])", submission.pack, fours(draw, o, i))
    observe.call("pack([[1, -1]])", submission.pack, torch.tensor([[1, -1]], dtype=torch.int8))
    observe.call("pack(strided q)", submission.pack, draw.strided(fours(draw, 4, 8)))


def test_pack_refuses(submission, draw, observe):
    """An odd number of columns raises ValueError"""
    for i in (5, 7):
        observe.raises(f"pack(q [3, {i}])", submission.pack, fours(draw, 3, i), type="ValueError")


def test_unpack(submission, draw, observe):
    """The way back, for all 256 bytes; −8 to 7"""
    every = torch.arange(256, dtype=torch.uint8).view(8, 32)
    observe.call("unpack(all bytes)", submission.unpack, every)
    for o, i in ((3, 5), (1, 7)):
        observe.call(f"unpack(packed [{o}, {i}])", submission.unpack, draw.integers(0, 256, o, i).to(torch.uint8))
    q = fours(draw, 4, 12)
    same = torch.equal(submission.unpack(submission.pack(q)), q)
    observe("unpack(pack(q)) is q", same, holds("is_true", "What was packed does not come back."))


def test_quantize(submission, draw, observe):
    """A scale for every group: its largest absolute value / 7; each weight goes to the nearest step"""
    for o, groups, group in ((3, 4, 8), (4, 2, 6), (2, 3, 32)):
        how = {} if group == 32 else {"group": group}
        w = clear(draw, o, groups, group)
        observe.call(f"quantize(w [{o}, {groups * group}], {how})", submission.quantize, w, **how)


def test_quantize_refuses(submission, draw, observe):
    """Columns that are no whole number of groups raise ValueError"""
    for i, group in ((36, 32), (16, 6)):
        observe.raises(
            f"quantize(w [3, {i}], {group})", submission.quantize, draw.normal(3, i), group, type="ValueError"
        )


def test_dequantize(submission, draw, observe):
    """Each scale stands for a group of neighbors; from bytes and scales of our own"""
    for o, groups, group in ((3, 4, 8), (5, 3, 2), (2, 2, 32)):
        packed = draw.integers(0, 256, o, groups * group // 2).to(torch.uint8)
        scale = draw.uniform(o, groups, low=0.1, high=2.0)
        args = (packed, scale) if group == 32 else (packed, scale, group)
        observe.call(f"dequantize(packed, scale [{o}, {groups}], group {group})", submission.dequantize, *args)


def test_there_and_back(submission, draw, observe):
    """There and back no weight is off by more than half a step; a group of zeros gives zeros"""
    for o, groups, group in ((5, 3, 16), (2, 2, 32)):
        w = draw.normal(o, groups * group)
        w[1, :group] = 0.0
        w[0, group:] *= 50.0
        packed, scale = submission.quantize(w.clone(), group)
        out = submission.dequantize(packed, scale, group)
        half = w.view(o, groups, group).abs().amax(2, keepdim=True) / 14
        off = ((out - w).view(o, groups, group).abs() / half.clamp(min=1e-30)).nan_to_num(1e9)
        words = f"[{o}, {groups * group}], groups of {group}"
        observe(f"{words}: largest error in half steps", float(off.max()), at_most(bound=1.001, says=FAR))
        observe(f"{words}: the weights", out, noted())
        observe(f"{words}: scales are finite", torch.isfinite(scale).all())
