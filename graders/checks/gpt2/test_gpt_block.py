"""Checks for gpt-block: its parts, silent parts leave the stream alone, shape, values, gradients."""

from types import SimpleNamespace

import torch

from graders.kit import holds

SHARED = "ln_1 and ln_2 share their parameters: there is one norm where there should be two."


def config(n_head, head, block_size=16):
    return SimpleNamespace(n_embd=n_head * head, n_head=n_head, n_layer=3, block_size=block_size, vocab_size=65)


def build(submission, draw, n_head, head, dtype=torch.float64):
    """The learner's block with fresh weights: no two norms alike, no bias zero."""
    return draw.fill(submission.Block(config(n_head, head)).to(dtype), scale=0.4)


def test_built(submission, draw, observe):
    """The state_dict has the block's twelve keys, with or without layer_idx; there are two norms"""
    n, h = draw.sizes(2)
    for options in ({}, {"layer_idx": 2}):
        block = submission.Block(config(n, h), **options)
        observe("state_dict", {key: list(value.shape) for key, value in sorted(block.state_dict().items())})
        apart = block.ln_1.weight is not block.ln_2.weight and block.ln_1.bias is not block.ln_2.bias
        observe("two norms", apart, holds("is_true", SHARED))
        observe("parameters", len(list(block.parameters())))


def silenced(submission, draw, observe, *names):
    """A block in which the named parts add nothing."""
    n, h, b, length = draw.sizes(4, high=6)
    block = build(submission, draw, n, h)
    for name in names:
        for p in getattr(block, name).c_proj.parameters():
            p.data.zero_()
    x = draw.normal(b, length, n * h, scale=2, mean=0.5, dtype=torch.float64)
    with torch.no_grad():
        observe.call(f"forward(x) with {' and '.join(names)} silent", block, x)


def test_silent_parts(submission, draw, observe):
    """With c_proj zero in one part or both, only the other one adds to the stream; x stays as it is"""
    silenced(submission, draw, observe, "mlp")
    silenced(submission, draw, observe, "attn")
    silenced(submission, draw, observe, "attn", "mlp")


def test_shape(submission, draw, observe):
    """[B, T, C] goes in and comes out, for any T up to block_size"""
    n, h, b = draw.sizes(3, high=6)
    block = draw.fill(submission.Block(config(n, h, block_size=9)))
    for length in (9, 1, 4):
        observe(f"shape of the output for T={length}", list(block(draw.normal(b, length, n * h)).shape))


def test_values(submission, draw, observe):
    """Attention, then the MLP: the outputs are right, in float32 and float64"""
    for dtype in (torch.float64, torch.float32, torch.float64):
        n, h, b, length = draw.sizes(4, high=7)
        block = build(submission, draw, n, h, dtype)
        observe.call(f"forward(x [{b},{length},{n * h}])", block, draw.normal(b, length, n * h, mean=0.3, dtype=dtype))
    block = build(submission, draw, 2, 3)
    small = draw.normal(3, 4, 6, scale=0.01, dtype=torch.float64)
    observe.call("forward(x) with small numbers", block, small)
    observe.call("forward(x) in eval mode", block.eval(), small)


def test_gradients(submission, draw, observe):
    """The gradients of x and of all twelve parameters are right"""
    n, h, b, length = draw.sizes(4, high=6)
    block = build(submission, draw, n, h)
    params = sorted(block.named_parameters())
    x = draw.normal(b, length, n * h, dtype=torch.float64)
    observe.gradients("forward(x)", block, x, params=params, names=["x"])
