"""Checks for split-heads: the split, the merge, the round trip, memory, gradients, and what must raise."""

import torch

from graders.kit import equal


def shapes(draw):
    """(B, T, n, h): all sizes different, then each of them 1, then two pairs that are equal."""
    b, t, n, h = draw.sizes(4, high=7)
    return [(b, t, n, h), (1, t, n, h), (b, 1, n, h), (b, t, 1, h), (b, t, n, 1), (b, n, n, h), (b, t, h, h)]


def test_split(submission, draw, observe):
    """split_heads: head i holds the channels i·h … (i+1)·h - 1 of every token"""
    for b, t, n, h in shapes(draw):
        x = draw.normal(b, t, n * h)
        observe.call(f"split_heads(x [{b},{t},{n * h}], {n})", submission.split_heads, x, n)


def test_merge(submission, draw, observe):
    """merge_heads: the heads of a token side by side"""
    for b, t, n, h in shapes(draw):
        y = draw.normal(b, n, t, h)
        observe.call(f"merge_heads(y [{b},{n},{t},{h}])", submission.merge_heads, y)


def test_round_trip(submission, draw, observe):
    """merge_heads(split_heads(x, n)) is x, in every dtype"""
    for dtype in (torch.float64, torch.bfloat16, torch.int64):
        b, t, n, h = draw.sizes(4, high=7)
        x = draw.normal(b, t, n * h, scale=9, dtype=dtype)
        y = observe.call(f"split_heads(x {dtype}, {n})", submission.split_heads, x, n)
        back = submission.merge_heads(y)
        observe(f"merge_heads(split_heads(x {dtype}, {n}))", back)


def test_strided(submission, draw, observe):
    """Tensors that are not contiguous give the same"""
    b, t, n, h = draw.sizes(4, high=7)
    big = draw.normal(b, t + 3, n * h + 4)
    x = big[:, 1 : t + 1, : n * h]
    observe.call("split_heads(big[:, 1:T+1, :C], n)", submission.split_heads, x, n)
    x = draw.strided(draw.normal(b, t, n * h))
    observe.call("split_heads(strided x, n)", submission.split_heads, x, n)
    x = draw.normal(t, b, n * h).transpose(0, 1)
    observe.call("split_heads(transposed x, n)", submission.split_heads, x, n)
    y = draw.strided(draw.normal(b, n, t, h))
    observe.call("merge_heads(strided y)", submission.merge_heads, y)
    y = draw.normal(b, n, h, t).transpose(2, 3)
    observe.call("merge_heads(transposed y)", submission.merge_heads, y)


def test_no_copy(submission, draw, observe):
    """split_heads copies nothing: its result shares x's memory"""
    b, t, n, h = draw.sizes(4, high=7)
    x = draw.normal(b, t, n * h)
    observe.shares("split_heads(x, n) shares x's memory", submission.split_heads(x, n), x)
    x = draw.normal(b, t + 3, n * h + 4)[:, 1 : t + 1, : n * h]
    observe.shares("split_heads(big[:, 1:T+1, :C], n) too", submission.split_heads(x, n), x)


def test_contiguous(submission, draw, observe):
    """merge_heads gives a contiguous tensor"""
    b, t, n, h = draw.sizes(4, high=7)
    contiguous = equal(same=("contiguous",))
    observe("merge_heads(y)", submission.merge_heads(draw.normal(b, n, t, h)), contiguous)
    y = submission.split_heads(draw.normal(b, t, n * h), n)
    observe("merge_heads(split_heads(x, n))", submission.merge_heads(y), contiguous)


def test_bad_heads(submission, draw, observe):
    """A number of heads below 1, or one that does not divide C, raises"""
    b, n, h = draw.sizes(3, low=3, high=7)
    for heads, c in ((n, n * h + 1), (n, n * h + n - 1), (n * h + 1, n * h)):
        for t in (heads * max(c // heads, 1), 5):
            observe.raises(
                f"split_heads(x [{b},{t},{c}], {heads})", submission.split_heads, draw.normal(b, t, c), heads
            )
    for heads in (0, -1, -n):
        observe.raises(f"split_heads(x, {heads})", submission.split_heads, draw.normal(b, 4, n * h), heads)


def test_gradients(submission, draw, observe):
    """Gradients find the way back through both"""
    b, t, n, h = draw.sizes(4, high=7)
    x, y = draw.normal(b, t, n * h, dtype=torch.float64), draw.normal(b, n, t, h, dtype=torch.float64)
    observe.gradients("split_heads(x, n)", submission.split_heads, x, n, names=["x", "n"])
    observe.gradients("merge_heads(y)", submission.merge_heads, y, names=["y"])
