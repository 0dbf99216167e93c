"""Checks for vq-codebook: the parameter, the nearest code, ties, the loss, gradients of zq and of the loss, memory."""

import torch

from graders.kit import at_most, holds

ALIKE = "Two codes have the same start values: one of them can never be the nearest alone."
LARGE = "A tensor as large as all differences of all pairs was made."


def case(draw, dtype=torch.float32, beta=0.25, sizes=None):
    """A codebook whose lengths differ, and vectors that are clearly nearer to one code than to any other."""
    b, k, d = sizes or draw.sizes(3, low=4, high=11)
    while True:
        z = draw.normal(b, d, scale=1.5, mean=0.3, dtype=torch.float64)
        codes = draw.normal(k, d, dtype=torch.float64) * draw.uniform(k, 1, low=0.3, high=2, dtype=torch.float64)
        two = torch.cdist(z, codes).sort(dim=1).values[:, :2]
        if k == 1 or float((two[:, 1] - two[:, 0]).min()) > 2e-2:
            return z.to(dtype), codes.to(dtype), beta


def build(submission, codes, beta):
    layer = submission.VQ(*codes.shape, beta).to(codes.dtype)
    with torch.no_grad():
        layer.codebook.copy_(codes)
    return layer


def test_codebook(submission, draw, observe):
    """codebook [K, D] is the only parameter, and no two codes are alike"""
    k, d = draw.sizes(2, low=3)
    layer = submission.VQ(k, d)
    observe("shapes of the parameters", {n: list(p.shape) for n, p in layer.named_parameters()})
    observe("keys of the state_dict", sorted(layer.state_dict()))
    apart = torch.cdist(layer.codebook.detach().double(), layer.codebook.detach().double()) + 9 * torch.eye(k)
    observe("codes differ", bool((apart > 1e-6).all()), holds("is_true", ALIKE))


def test_nearest(submission, draw, observe):
    """idx is the number of the nearest code, zq is that code in value"""
    for _ in range(4):
        z, codes, beta = case(draw)
        zq, idx, _ = build(submission, codes, beta)(z.clone())
        observe(f"idx for z {list(z.shape)}, {len(codes)} codes", idx)
        observe("zq", zq.detach())


def test_ties(submission, draw, observe):
    """Of equally near codes the lowest number; one vector, one code"""
    codes = torch.tensor([[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0], [0.0, -2.0], [2.0, 0.0]])
    shift = torch.tensor([float(draw.integer(-2, 2)), float(draw.integer(-2, 2))])
    z = torch.tensor([[0.0, 0.0], [1.0, 1.0], [-1.0, -1.0], [3.0, 0.0], [0.0, -3.0], [1.0, -1.0]]) + shift
    observe("idx among equals", build(submission, codes + shift, 0.25)(z)[1])
    for sizes in ((1, 4, 3), (5, 1, 3), (4, 3, 1)):
        z, codes, beta = case(draw, sizes=sizes)
        zq, idx, _ = build(submission, codes, beta)(z)
        observe(f"idx and zq, B, K, D = {sizes}", [idx, zq.detach()])


def test_loss(submission, draw, observe):
    """mse of code and z, once fully and once with beta; means over all numbers"""
    for beta in (0.25, draw.number(0.5, 2), 0.0):
        z, codes, _ = case(draw)
        observe(f"loss, beta={beta:.3g}", build(submission, codes, beta)(z)[2].detach())
    layer = submission.VQ(*codes.shape)
    with torch.no_grad():
        layer.codebook.copy_(codes)
    observe("loss, no beta given", layer(z)[2].detach())


def backward(layer, z, what):
    """Gradients of z and of the codebook after ``what(zq, loss)`` ran backward; None stands for none."""
    z = z.clone().requires_grad_()
    layer.codebook.grad = None
    zq, _, loss = layer(z)
    scalar = what(zq, loss)
    if scalar.requires_grad:
        scalar.backward()
    none = torch.zeros(())
    grads = [none if g is None else g for g in (z.grad, layer.codebook.grad)]
    return [g if bool(g.any()) else none for g in grads]


def test_gradient_of_zq(submission, draw, observe):
    """What comes back to zq goes on to z unchanged, and to nothing else"""
    z, codes, beta = case(draw, dtype=torch.float64)
    up = draw.normal(*z.shape, dtype=torch.float64)
    got = backward(build(submission, codes, beta), z, lambda zq, loss: (zq * up).sum())
    observe("gradients of z and of the codebook through zq", got)


def test_gradients_of_loss(submission, draw, observe):
    """The first term moves the codes, the second, with beta, moves z"""
    for beta in (0.25, draw.number(0.5, 2)):
        z, codes, _ = case(draw, dtype=torch.float64)
        got = backward(build(submission, codes, beta), z, lambda zq, loss: loss * 1.5)
        observe(f"gradients of z and of the codebook through the loss, beta={beta:.3g}", got)


def test_memory(submission, draw, observe):
    """No tensor of B·K·D numbers"""
    sizes = draw.random.choice([(40, 60, 32), (50, 30, 48)])
    z, codes, beta = case(draw, sizes=sizes)
    layer = build(submission, codes, beta)
    with observe.operations() as ops:
        layer(z)
    b, k, d = sizes
    observe("numbers in the largest tensor, in B·K·D", ops.largest() / (b * k * d), at_most(bound=0.5, says=LARGE))


def test_dtype(submission, draw, observe):
    """float64 in, float64 out; memory with gaps"""
    z, codes, beta = case(draw, dtype=torch.float64)
    observe.call("float64", build(submission, codes, beta), z)
    z, codes, beta = case(draw)
    observe.call("strided", build(submission, codes, beta), draw.strided(z))
