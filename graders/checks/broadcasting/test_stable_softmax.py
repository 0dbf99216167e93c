"""Checks for stable-softmax: values on every dim, then size, distance, infinity, gradients."""

import torch

from graders.kit import equal, holds

INF = float("inf")
COARSE = equal(rtol=1e-2, atol=1e-2, because="a float32 near 10,000 has only three decimals left")


def both(submission):
    return [("softmax", submission.softmax), ("log_softmax", submission.log_softmax)]


def test_values(submission, draw, observe):
    """On ordinary numbers the values are right, whichever dimension is asked for"""
    for name, function in both(submission):
        for shape in [draw.sizes(1), draw.sizes(2), draw.sizes(3), [1, *draw.sizes(2)]]:
            for dim in range(-len(shape), len(shape)):
                observe.call(f"{name}(x {tuple(shape)}, dim={dim})", function, draw.normal(*shape, scale=2), dim)


def test_sums_to_one(submission, draw, observe):
    """Each slice of the softmax sums to 1"""
    a, b, c = draw.sizes(3)
    for dim in range(3):
        out = submission.softmax(draw.normal(a, b, c, scale=3), dim)
        observe(
            f"softmax(x, dim={dim})",
            out,
            holds("sums_to", f"Slices along dim {dim} do not sum to 1.", total=1.0, dim=dim),
        )


def test_dtype(submission, draw, observe):
    """What goes in as float64 or bfloat16 comes out so"""
    for name, function in both(submission):
        for dtype in (torch.float64, torch.bfloat16):
            x = draw.normal(*draw.sizes(2), dtype=dtype)
            observe.call(f"{name}(x {str(dtype).removeprefix('torch.')}, dim=1)", function, x, 1)


def test_strided(submission, draw, observe):
    """A tensor whose memory is not contiguous gives the same values"""
    for name, function in both(submission):
        x = draw.strided(draw.normal(*draw.sizes(2)))
        observe.call(f"{name}(strided x, dim=0)", function, x, 0)
        observe.call(f"{name}(x transposed, dim=1)", function, draw.normal(*draw.sizes(2)).t(), 1)


def test_log_keeps_digits(submission, draw, observe):
    """log_softmax stays finite where the softmax rounds to 0"""
    a, b = draw.sizes(2, low=3)
    x = draw.normal(a, b)
    x[:, 0] -= draw.number(150, 400)
    observe.call("log_softmax(one entry far below, dim=1)", submission.log_softmax, x, 1)
    observe.call("log_softmax(one entry far below, dim=0)", submission.log_softmax, x.t(), 0)


def test_large(submission, draw, observe):
    """Inputs in the thousands do not overflow"""
    for name, function in both(submission):
        for scale in (100.0, 1000.0, 10000.0):
            a, b = draw.sizes(2, low=3)
            x = draw.uniform(a, b, low=-scale, high=scale)
            x[:, draw.integer(0, b - 1)] = scale - draw.uniform(a)  # every row reaches the top
            observe.call(f"{name}(x up to ±{scale:g}, dim=1)", function, x, 1, rule=COARSE)
            observe.call(f"{name}(x up to ±{scale:g}, dim=0)", function, x.t(), 0, rule=COARSE)


def test_rows_far_apart(submission, draw, observe):
    """Rows that lie 10,000 apart are each normalized on their own"""
    for name, function in both(submission):
        for dtype in (torch.float32, torch.float64):
            a, b = draw.sizes(2, low=3)
            x = draw.normal(a, b, dtype=dtype) + 1e4 * torch.arange(a, dtype=dtype)[:, None]
            observe.call(f"{name}(rows 1e4 apart, dim=1)", function, x, 1, rule=COARSE)
            observe.call(f"{name}(columns 1e4 apart, dim=0)", function, x.t(), 0, rule=COARSE)


def test_minus_infinity(submission, draw, observe):
    """An entry of minus infinity gets probability 0 and disturbs nobody"""
    for name, function in both(submission):
        x = draw.normal(*draw.sizes(2, low=3))
        x[:, draw.integer(0, x.shape[1] - 1)] = -INF
        x[0, 1:] = -INF
        x[0, 0] = 1.5
        observe.call(f"{name}(x with −inf, dim=1)", function, x, 1)


def test_gradients(submission, draw, observe):
    """The gradient flows back as it should"""
    for name, function in both(submission):
        for dim in (0, 1, -1):
            x = draw.normal(*draw.sizes(3), scale=3, dtype=torch.float64)
            observe.gradients(f"{name}(x, dim={dim})", function, x, dim, names=["x", "dim"])
        far = draw.normal(*draw.sizes(2), dtype=torch.float64) + 5000
        observe.gradients(f"{name}(x near 5000, dim=0)", function, far, 0, names=["x", "dim"])
