"""Checks for fp8-scale: what comes out, the way back, the use of the range, the errors, zeros, small tensors."""

import torch

from graders.kit import at_most, equal, holds

FP8 = torch.float8_e4m3fn


def errors(x, q, scale):
    """Largest relative error above the subnormal range, and largest error below it in units of the scale."""
    back = q.double() * scale.double()
    off, size = (back - x.double()).abs(), x.double().abs()
    normal = size >= 2**-6 * scale.double()
    relative = (off / size)[normal].max().item() if normal.any() else 0.0
    rest = (off / scale.double())[~normal].max().item() if (~normal).any() else 0.0
    return relative, rest


def measure(submission, observe, name, x):
    """Observe everything that to_fp8 promises about one tensor; q itself is free, within those bounds."""
    q, scale = submission.to_fp8(x)
    good = scale.dim() == 0 and bool(scale.isfinite()) and bool(scale > 0)
    observe(f"the scale of {name} is positive and finite", good, holds("is_true", "The scale is not."))
    top = q.float().abs().max().item()
    says = "The largest |q| lies outside of 224 to 448."
    observe(f"largest |q| of {name} is in [224, 448]", 224 <= top <= 448, holds("is_true", says))
    relative, rest = errors(x, q, scale)
    says = "An entry comes back with a relative error above 6.25 %."
    observe(f"largest relative error of {name}", relative, at_most(bound=0.0626, says=says))
    says = "An entry below 2**-6 * scale comes back further off than half of the smallest step."
    observe(f"largest error of the small entries of {name}, in scales", rest, at_most(bound=2**-10 * 1.001, says=says))


def test_form(submission, draw, observe):
    """q has the shape of x in float8_e4m3fn, scale is a single float32 number, and x stays as it is"""
    for shape in (draw.sizes(2), draw.sizes(3), draw.sizes(1)):
        x = draw.normal(*shape)
        before = x.clone()
        q, scale = submission.to_fp8(x)
        observe("dtype of q", q.dtype)
        observe("shape of q", list(q.shape))
        observe("scale", torch.zeros_like(scale) if isinstance(scale, torch.Tensor) else scale)
        says = "x has been written to."
        observe("x stays as it is", torch.equal(x, before), holds("is_true", says))


def test_back(submission, draw, observe):
    """from_fp8 multiplies in float32"""
    for shape in (draw.sizes(2), draw.sizes(1)):
        q = (draw.normal(*shape) * 100).clamp(-440, 440).to(FP8)
        scale = draw.uniform(low=0.01, high=9.0)
        out = submission.from_fp8(q, scale)
        observe("dtype of from_fp8(q, scale)", out.dtype)
        observe("from_fp8(q, scale)", out, equal(rtol=1e-6, atol=0.0))
    q = torch.tensor([[448.0, -448.0, 0.0], [0.015625, -0.001953125, 1.125]]).to(FP8)
    out = submission.from_fp8(q.t(), torch.tensor(3.0))
    observe("from_fp8(the ends of the range, 3)", out, equal(rtol=1e-6, atol=0.0))


def test_range(submission, draw, observe):
    """The largest entry, whatever its sign, takes the scale with it; the errors stay small"""
    for size in (1.0, 3000.0, 1e-4, 1e20):
        x = draw.normal(*draw.sizes(2)) * size * draw.number(0.7, 1.4)
        measure(submission, observe, f"normal draws times about {size:g}", x)
        far = x.abs()
        far[0, 0] = -50 * far.max()
        measure(submission, observe, f"{size:g} times draws with a far negative entry", far)
    measure(submission, observe, "negative draws", -draw.uniform(4, 7, low=0.5, high=200.0))
    measure(submission, observe, "one number", draw.uniform(1, low=500.0, high=900.0))


def test_zeros(submission, draw, observe):
    """A tensor of zeros gives zeros, and a scale that is positive and finite"""
    for x in (torch.zeros(*draw.sizes(2)), torch.zeros(1), -torch.zeros(3)):
        q, scale = submission.to_fp8(x)
        observe("q of zeros", q.float(), equal(rtol=0.0, atol=0.0))
        good = bool(scale.isfinite()) and bool(scale > 0)
        observe("the scale of zeros", good, holds("is_true", "The scale of a zero tensor is not positive and finite."))


def test_small(submission, draw, observe):
    """Small entries beside an outlier, and tensors of nothing but small entries"""
    a, b = draw.sizes(2)
    for size in (1e-6, 1e-9, 1e-20, 1e-28):
        measure(submission, observe, f"draws of about {size:g}", draw.uniform(a, b, low=0.5, high=5.0) * size)
    x = draw.normal(a, b)
    x[1, 1] = draw.number(1e4, 1e5)
    measure(submission, observe, "draws beside an outlier", x)
    measure(submission, observe, "a transposed tensor with zeros in it", x.t().clamp(min=0.0))


def test_round_trip(submission, draw, observe):
    """There and back in one go"""
    x = draw.normal(*draw.sizes(3)) * draw.number(0.001, 1000.0)
    back = submission.from_fp8(*submission.to_fp8(x))
    observe("from_fp8(*to_fp8(x))", back, equal(rtol=0.126, atol=2**-9 * x.abs().max().item() / 224))
    observe("from_fp8(*to_fp8(zeros))", submission.from_fp8(*submission.to_fp8(torch.zeros(3, 2))))
