"""Checks for collate-pad: one item, the right side, another ignore, the left side, values that look like padding."""

from functools import partial

from torch.utils.data import DataLoader

from graders.kit import holds


def items(draw, lengths, low=20, high=90):
    """Pairs of these lengths; their numbers are none of the fillers below."""
    return [(draw.integers(low, high, t), draw.integers(low, high, t)) for t in lengths]


def lengths(draw):
    """Unequal lengths of which the first and the last are not the longest; 1 is among them."""
    a, b, c = draw.sizes(3, low=2, high=6)
    return [a, b, draw.integer(7, 9), 1, c]


def run(observe, name, function, batch, *args, **kw):
    """Call, and observe the three parts under names of their own; none of the inputs may have changed."""
    before = [(x.clone(), y.clone()) for x, y in batch]
    x, y, mask = function(batch, *args, **kw)
    observe(f"x of {name}", x)
    observe(f"y of {name}", y)
    observe(f"mask of {name}", mask)
    same = len(batch) == len(before) and all(
        a.equal(c) and b.equal(d) for (a, b), (c, d) in zip(batch, before, strict=True)
    )
    observe(f"the pairs after {name}", same, holds("is_true", "The pairs that were passed in have been changed."))


def test_right(submission, draw, observe):
    """Rows are filled up behind the tokens: inputs with pad_id, targets with ignore, the mask with False"""
    pad = draw.integer(0, 9)
    run(observe, f"five pairs, pad_id = {pad}", submission.collate, items(draw, lengths(draw)), pad)


def test_single(submission, draw, observe):
    """A single pair needs no filling, and is a batch of one; nor do pairs of equal length"""
    t = draw.integer(3, 7)
    for side in ("right", "left"):
        run(observe, f"one pair, {side}", submission.collate, items(draw, [t]), 3, side=side)
    run(observe, "two pairs of one token", submission.collate, items(draw, [1, 1]), 3)


def test_ignore(submission, draw, observe):
    """Another number for targets that do not count"""
    ignore = draw.integer(-9, -1)
    run(observe, f"ignore = {ignore}", submission.collate, items(draw, lengths(draw)), 4, ignore)


def test_left(submission, draw, observe):
    """side = "left" moves inputs, targets and mask alike to the right end"""
    run(observe, "five pairs, left", submission.collate, items(draw, lengths(draw)), 5, side="left")
    run(observe, "ignore = -7, left", submission.collate, items(draw, lengths(draw)), 6, -7, "left")


def test_by_place(submission, draw, observe):
    """A token may have the number pad_id, a target the number ignore: the mask marks them as real"""
    for side in ("right", "left"):
        batch = items(draw, [6, 3, 4])
        pad, ignore = draw.integer(0, 9), draw.integer(10, 19)
        for x, _ in batch:
            x[0], x[-1] = pad, pad
        run(observe, f"tokens equal to pad_id, {side}", submission.collate, batch, pad, side=side)
        batch = items(draw, [6, 3, 4])
        for _, y in batch:
            y[0], y[-1] = ignore, ignore
        run(observe, f"targets equal to ignore, {side}", submission.collate, batch, pad, ignore, side)


def test_loader(submission, draw, observe):
    """A DataLoader batches with it"""
    pairs = items(draw, lengths(draw))
    loader = DataLoader(pairs, batch_size=2, collate_fn=partial(submission.collate, pad_id=2, side="left"))
    for number, batch in enumerate(loader):
        for part, value in zip(("x", "y", "mask"), batch, strict=True):
            observe(f"{part} of batch {number}", value)
