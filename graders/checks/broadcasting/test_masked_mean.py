"""Checks for masked-mean: values, empty rows, what hides under the mask, dtypes, gradients, the caller's tensor."""

import torch

UNUSUAL = (float("nan"), float("inf"), float("-inf"))


def batch(draw, b, t, d, dtype=torch.float32):
    """A batch in which every row has real places and, where there is room, masked ones."""
    mask = draw.uniform(b, t) < 0.5
    mask[:, draw.integer(0, t - 1)] = True
    if t > 1:
        mask[:, int(mask[0].int().argmax()) - 1] = False
    mask[~mask.any(1), 0] = True
    return draw.normal(b, t, d, mean=0.7, dtype=dtype), mask


def test_values(submission, draw, observe):
    """Each row is the mean over its own real places"""
    b, t, d = draw.sizes(3, low=3)
    for shape in ((b, t, t), (b, t, d), (1, t, d), (b, 1, d), (b, t, 1)):
        observe.call(f"masked_mean(x {shape})", submission.masked_mean, *batch(draw, *shape), pure=False)
    x, _ = batch(draw, b, t, d)
    everything = torch.ones(b, t, dtype=torch.bool)
    observe.call("masked_mean(nothing masked)", submission.masked_mean, x, everything, pure=False)


def test_empty_row(submission, draw, observe):
    """A row without real places gives zeros"""
    x, mask = batch(draw, *draw.sizes(3, low=3))
    mask[draw.integer(0, len(mask) - 1)] = False
    observe.call("masked_mean(one row is all masked)", submission.masked_mean, x, mask, pure=False)


def test_hidden_values(submission, draw, observe):
    """NaN and infinity in masked places do not matter"""
    for value in UNUSUAL:
        x, mask = batch(draw, *draw.sizes(3, low=3))
        x[~mask] = value
        observe.call(f"masked_mean({value} in masked places)", submission.masked_mean, x, mask, pure=False)


def test_real_nan(submission, draw, observe):
    """NaN and infinity in a real place show in the mean, there and nowhere else"""
    for value in UNUSUAL:
        x, mask = batch(draw, *draw.sizes(3, low=3))
        mask[1, 2] = True
        x[1, 2, 0] = value
        observe.call(f"masked_mean({value} in a real place)", submission.masked_mean, x, mask, pure=False)


def test_dtype(submission, draw, observe):
    """float64 and bfloat16 come back as they came; a strided x gives the same"""
    for dtype in (torch.float64, torch.bfloat16):
        x, mask = batch(draw, *draw.sizes(3, low=3), dtype=dtype)
        name = str(dtype).removeprefix("torch.")
        observe.call(f"masked_mean(x {name})", submission.masked_mean, x, mask, pure=False)
    x, mask = batch(draw, *draw.sizes(3, low=3))
    observe.call("masked_mean(strided x)", submission.masked_mean, draw.strided(x), mask, pure=False)


def test_untouched(submission, draw, observe):
    """x and mask stay as they were"""
    x, mask = batch(draw, *draw.sizes(3, low=3))
    x[~mask] = float("nan")
    observe.call("masked_mean(x, mask)", submission.masked_mean, x, mask)


def test_gradients(submission, draw, observe):
    """Real places get 1/count of the gradient, masked ones exactly 0"""
    for hidden in (1.0, float("nan")):
        x, mask = batch(draw, *draw.sizes(3, low=3), dtype=torch.float64)
        mask[0] = False
        x[~mask] = hidden
        names = ["x", "mask"]
        observe.gradients(f"masked_mean({hidden} in masked places)", submission.masked_mean, x, mask, names=names)
