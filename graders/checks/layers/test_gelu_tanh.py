"""Checks for gelu-tanh: values, far out, shapes and memory, dtypes, gradients."""

import torch

from graders.kit import equal

EXACT = equal(rtol=1e-6, atol=1e-6, because="the three formulas called GELU differ by 5e-4 and more")


def test_values(submission, draw, observe):
    """Between −4 and 4 it is the tanh form, to six digits"""
    x = draw.uniform(draw.integer(150, 250), low=-4, high=4, dtype=torch.float64)
    observe.call("gelu(x in −4 … 4)", submission.gelu, x, rule=EXACT)
    near = draw.normal(30, scale=0.05, dtype=torch.float64)
    observe.call("gelu(x near 0)", submission.gelu, near, rule=equal(rtol=1e-6, atol=1e-9))


def test_far_out(submission, draw, observe):
    """For large numbers it is x or 0"""
    for size in (8.0, 50.0, 1e4):
        x = draw.uniform(20, low=1, high=2) * size
        x[::2] *= -1
        observe.call(f"gelu(x around ±{size:g})", submission.gelu, x)


def test_shapes(submission, draw, observe):
    """Any shape will do, and memory with gaps"""
    a, b, c = draw.sizes(3)
    for shape in ((), (a,), (a, 1, b, c)):
        observe.call(f"gelu(x {list(shape)})", submission.gelu, draw.normal(*shape, scale=2))
    observe.call("gelu(strided x)", submission.gelu, draw.strided(draw.normal(a, b)))


def test_dtype(submission, draw, observe):
    """The result has the dtype of x"""
    for dtype in (torch.float64, torch.bfloat16, torch.float16):
        x = draw.normal(*draw.sizes(2), scale=2, dtype=dtype)
        observe.call(f"gelu(x {str(dtype).removeprefix('torch.')})", submission.gelu, x)


def test_gradients(submission, draw, observe):
    """The gradient is that of the formula"""
    x = draw.normal(*draw.sizes(2), scale=2, dtype=torch.float64)
    observe.gradients("gelu(x)", submission.gelu, x, names=["x"], rule=EXACT)
    far = draw.uniform(10, low=20, high=100)
    observe.gradients("gelu(far out)", submission.gelu, torch.cat([far, -far]), names=["x"])
