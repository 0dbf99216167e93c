"""Checks for dit-block: patches, the way back, a convolution's order, a new block, a trained one, dtypes, gradients."""

import torch

from graders.kit import equal

EXACT = equal(rtol=0.0, atol=0.0, because="numbers are moved, not computed")


def picture(draw, p, dtype=torch.float32):
    b, c, rows, columns = draw.sizes(4, low=2, high=5)
    return draw.normal(b, c, rows * p, columns * p, dtype=dtype)


def build(submission, draw, dtype=torch.float32):
    """A block whose every parameter is drawn, with tokens and conditions; no two sizes equal."""
    heads, h = draw.random.choice([(2, 5), (3, 4), (4, 3)])
    b, n, d_cond = draw.sizes(3, low=3, high=7)
    block = draw.fill(submission.DiTBlock(heads * h, heads, d_cond).to(dtype), scale=0.5)
    return block, draw.normal(b, n, heads * h, mean=0.5, dtype=dtype), draw.normal(b, d_cond, dtype=dtype)


def test_patchify(submission, draw, observe):
    """Patches row by row; in each channel, row, column"""
    for p in (2, 3, 1):
        x = picture(draw, p)
        observe.call(f"patchify(x {list(x.shape)}, {p})", submission.patchify, x, p, rule=EXACT)
    observe.call("one patch", submission.patchify, draw.normal(2, 3, 4, 4), 4, rule=EXACT)
    x = picture(draw, 2, dtype=torch.float64)
    observe.call("strided, float64", submission.patchify, draw.strided(x), 2, rule=EXACT)


def test_unpatchify(submission, draw, observe):
    """The way back, also for other numbers of channels"""
    for p in (2, 3, 1):
        b, c, rows, columns = draw.sizes(4, low=2, high=5)
        t = draw.normal(b, rows * columns, c * p * p)
        name = f"unpatchify(t {list(t.shape)}, {p}, {rows * p}, {columns * p})"
        observe.call(name, submission.unpatchify, t, p, rows * p, columns * p, rule=EXACT)
        x = picture(draw, p)
        back = submission.unpatchify(submission.patchify(x, p), p, x.shape[2], x.shape[3])
        observe(f"there and back, x {list(x.shape)}", torch.equal(back, x))


def test_conv(submission, draw, observe):
    """patchify and a product with a convolution's flattened weight: the strided convolution"""
    p = draw.integer(2, 3)
    x = picture(draw, p)
    w = draw.normal(6, x.shape[1], p, p)
    observe("tokens of width 6", submission.patchify(x, p) @ w.flatten(1).T)


def test_parameters(submission, draw, observe):
    """The names and shapes of the parameters"""
    block = submission.DiTBlock(12, 3, d_cond := draw.integer(4, 7))
    observe(f"DiTBlock(12, 3, {d_cond})", {name: list(p.shape) for name, p in sorted(block.named_parameters())})
    observe("keys of the state_dict", sorted(block.state_dict()))


def test_forward(submission, draw, observe):
    """Once its weights have moved: two branches, shifted, scaled and gated by the condition"""
    for _ in range(3):
        block, x, c = build(submission, draw)
        observe.call(f"forward(x {list(x.shape)}, c {list(c.shape)})", block, x, c)
    observe.call("the same x, another condition", block, x, draw.normal(*c.shape))
    observe.call("quiet tokens", block, 0.01 * x, c)
    observe.call("one token", block, x[:, :1], c)
    observe.call("one sample", block, x[1:2], c[1:2])


def test_start(submission, draw, observe):
    """A new block is the identity, whatever the condition"""
    b, n, d_cond = draw.sizes(3, low=3, high=6)
    block = submission.DiTBlock(12, 3, d_cond)
    observe.call("a new block", block, draw.normal(b, n, 12), draw.normal(b, d_cond, mean=1))


def test_dtype(submission, draw, observe):
    """float64 in, float64 out; what is made on the way lies where x is"""
    block, x, c = build(submission, draw, dtype=torch.float64)
    observe.call("forward(x, c)", block, x, c)
    observe.stays_on_device("the block elsewhere", lambda m, x, c: m(x, c), block, x, c)


def test_gradients(submission, draw, observe):
    """x, c and all parameters get their gradients"""
    block, x, c = build(submission, draw, dtype=torch.float64)
    params = sorted(block.named_parameters())
    observe.gradients("forward(x, c)", block, x, c, params=params, names=["x", "c"], rule=equal(rtol=1e-5, atol=1e-6))
