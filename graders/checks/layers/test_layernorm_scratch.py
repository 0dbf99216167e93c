"""Checks for layernorm-scratch: its parameters, values, eps, leading dimensions, loading, dtypes, gradients."""

import torch

from graders.kit import equal

COARSE = equal(rtol=5e-2, atol=5e-2, because="bfloat16 has 8 significant bits, and a norm takes differences")


def build(submission, draw, d, dtype=torch.float32, **options):
    return draw.fill(submission.LayerNorm(d, **options).to(dtype))


def test_parameters(submission, draw, observe):
    """weight [D] starts at ones, bias [D] at zeros; with bias=False there is the weight alone"""
    for bias in (True, False):
        d = draw.integer(3, 9)
        layer = submission.LayerNorm(d, bias=bias)
        observe(f"parameters of LayerNorm({d}, bias={bias})", {n: p.detach() for n, p in layer.named_parameters()})
        observe("keys of its state_dict", sorted(layer.state_dict()))
        observe("they ask for gradients", all(p.requires_grad for p in layer.parameters()))
    observe("parameters without the third argument", sorted(n for n, _ in submission.LayerNorm(d).named_parameters()))


def test_values(submission, draw, observe):
    """Each vector has its mean subtracted and is divided by its spread, then gain and shift"""
    for b, d in (draw.sizes(2, low=5), (6, 6), (4, 5)):
        layer = build(submission, draw, d)
        observe.call(f"forward(x [{b}, {d}])", layer, draw.normal(b, d, scale=2, mean=1.5))
    layer = build(submission, draw, d := draw.integer(3, 8), bias=False)
    observe.call("forward(x) without a bias", layer, draw.normal(4, d, scale=9, mean=1))  # eps plays no part yet


def test_eps(submission, draw, observe):
    """eps is added to the variance, under the root"""
    b, d = draw.sizes(2, low=3)
    observe.call("forward(x), eps=0.5", build(submission, draw, d, eps=0.5), draw.normal(b, d, mean=1))
    observe.call("forward(x of spread 0.003)", build(submission, draw, d), draw.normal(b, d, scale=0.003, mean=0.1))
    observe.call("forward(equal numbers)", build(submission, draw, d), torch.full((b, d), float(draw.integer(1, 9))))


def test_leading_dims(submission, draw, observe):
    """Any leading dimensions, or none; D = 1; memory with gaps; train and eval alike"""
    a, b, c, d = draw.sizes(4)
    layer = build(submission, draw, d)
    for shape in ((d,), (a, b, d), (a, 1, c, d)):
        observe.call(f"forward(x {list(shape)})", layer, draw.normal(*shape, mean=1))
    observe.call("forward(strided x)", layer, draw.strided(draw.normal(a, b, d)))
    observe.call("forward(x) in eval mode", layer.eval(), draw.normal(a, b, d))
    observe.call(f"forward(x [{a}, 1])", build(submission, draw, 1), draw.normal(a, 1))


def test_loading(submission, draw, observe):
    """It loads the weights of nn.LayerNorm"""
    b, d = draw.sizes(2, low=3)
    theirs = draw.fill(torch.nn.LayerNorm(d))
    layer = submission.LayerNorm(d)
    layer.load_state_dict(theirs.state_dict())
    observe.call("forward(x) with loaded weights", layer, draw.normal(b, d))


def test_dtype(submission, draw, observe):
    """A norm turned to float64 or bfloat16 answers in it"""
    b, d = draw.sizes(2, low=4)
    x = draw.normal(b, d, dtype=torch.float64)
    observe.call("forward(x float64)", build(submission, draw, d, dtype=torch.float64), x)
    layer = build(submission, draw, d, dtype=torch.bfloat16)
    observe.call("forward(x bfloat16)", layer, x.bfloat16(), rule=COARSE)


def test_gradients(submission, draw, observe):
    """x, weight and bias get their gradients"""
    a, b, d = draw.sizes(3, low=3)
    for bias in (True, False):
        layer = build(submission, draw, d, dtype=torch.float64, bias=bias)
        x = draw.normal(a, b, d, dtype=torch.float64)
        params = sorted(layer.named_parameters())
        observe.gradients(f"forward(x), bias={bias}", layer, x, params=params, names=["x"])
