"""Checks for linear-layer: its parameters, values, leading dimensions, dtypes, gradients, its start, its own work."""

import torch

from graders.kit import at_most, holds, law


def build(submission, draw, d_in, d_out, dtype=torch.float32, **options):
    return draw.fill(submission.Linear(d_in, d_out, **options).to(dtype))


def test_parameters(submission, draw, observe):
    """parameters() and the state_dict hold weight [d_out, d_in] and bias [d_out], or the weight alone"""
    for bias in (True, False):
        d_in, d_out = draw.sizes(2)
        layer = submission.Linear(d_in, d_out, bias=bias)
        shapes = {name: list(p.shape) for name, p in layer.named_parameters()}
        observe(f"parameters of Linear({d_in}, {d_out}, bias={bias})", shapes)
        observe("keys of its state_dict", sorted(layer.state_dict()))
        observe("they ask for gradients", all(p.requires_grad for p in layer.parameters()))
    layer = submission.Linear(d_in, d_out)
    observe("parameters without the third argument", sorted(name for name, _ in layer.named_parameters()))


def test_values(submission, draw, observe):
    """A batch [B, d_in] gives x Wᵀ + b"""
    n = draw.integer(3, 6)
    for b, d_in, d_out in ((n, *draw.sizes(2)), (*draw.sizes(2), n), (4, 1, 3), (3, 5, 1)):
        layer = build(submission, draw, d_in, d_out)
        observe.call(f"forward(x [{b}, {d_in}]) to {d_out}", layer, draw.normal(b, d_in))
    layer = build(submission, draw, 5, n)
    observe.call("forward(as many rows as outputs)", layer, draw.normal(n, 5))


def test_no_bias(submission, draw, observe):
    """With bias=False nothing is added"""
    b, d_in, d_out = draw.sizes(3)
    layer = build(submission, draw, d_in, d_out, bias=False)
    observe.call("forward(x) without a bias", layer, draw.normal(b, d_in))


def test_leading_dims(submission, draw, observe):
    """Any leading dimensions, or none, go through; the memory may have gaps"""
    a, b, c, d_in, d_out = draw.sizes(5)
    layer = build(submission, draw, d_in, d_out)
    for shape in ((d_in,), (a, b, d_in), (a, 1, c, d_in)):
        observe.call(f"forward(x {list(shape)})", layer, draw.normal(*shape))
    observe.call("forward(strided x)", layer, draw.strided(draw.normal(a, b, d_in)))


def test_dtype(submission, draw, observe):
    """A layer turned to float64 or bfloat16 computes in it"""
    for dtype in (torch.float64, torch.bfloat16):
        b, d_in, d_out = draw.sizes(3)
        layer = build(submission, draw, d_in, d_out, dtype=dtype)
        observe.call(f"forward(x {str(dtype).removeprefix('torch.')})", layer, draw.normal(b, d_in, dtype=dtype))


def test_gradients(submission, draw, observe):
    """x, weight and bias get their gradients"""
    a, b, d_in, d_out = draw.sizes(4)
    layer = build(submission, draw, d_in, d_out, dtype=torch.float64)
    x = draw.normal(a, b, d_in, dtype=torch.float64)
    observe.gradients("forward(x)", layer, x, params=sorted(layer.named_parameters()), names=["x"])


def test_start(submission, draw, observe):
    """Weight and bias start uniformly between −1/√d_in and 1/√d_in, new at each construction"""
    torch.manual_seed(draw.integer(0, 10**6))
    few, many = draw.integer(40, 60), draw.integer(900, 1200)
    for d_in, d_out in ((few, many), (many, few)):
        layer = submission.Linear(d_in, d_out)
        for name, p in sorted(layer.named_parameters()):
            spread = p.detach().double() * d_in**0.5  # now within ±1
            what = f"{name} · √d_in of Linear({d_in}, {d_out})"
            says = f"The {name} does not start as uniform draws within ±1/√d_in."
            observe(f"mean and spread of {what}", spread, law(0.0, 3**-0.5, says=says))
            observe(f"largest {what}", spread.abs().max().item(), at_most(bound=1 + 1e-6, says=says))
            inner = (spread.abs() < 0.5).double()
            observe(f"share of the inner half of {what}", inner, law(0.5, 0.5, says=says))
    again = submission.Linear(d_in, d_out).weight
    observe("two layers start alike", bool((again == layer.weight).all()))


def test_own_work(submission, draw, observe):
    """The work is done here, not by nn.Linear or F.linear"""
    b, d_in, d_out = draw.sizes(3)
    layer = build(submission, draw, d_in, d_out)
    x = draw.normal(b, d_in)
    with observe.operations() as ops:
        layer(x)
    says = "nn.Linear or F.linear did the work. Which product and which sum are behind them?"
    observe("own work", all("linear" not in name for name, _ in ops.calls), holds("is_true", says))
