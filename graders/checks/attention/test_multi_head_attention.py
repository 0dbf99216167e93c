"""Checks for multi-head-attention: parameters, values, masks, one for each sequence, causality, dtypes, gradients."""

import torch

from graders.kit import equal, noted


def build(submission, draw, n, h, dtype=torch.float32):
    return draw.fill(submission.MultiHeadAttention(n * h, n).to(dtype), scale=0.5)


def allowed(draw, *shape):
    """A random mask in which every query may attend to something, but to less than all."""
    mask = draw.uniform(*shape) < 0.6
    mask[..., 0] = True
    mask[..., -1] = False
    return mask


def test_parameters(submission, draw, observe):
    """q_proj, k_proj, v_proj and out_proj, each [C, C] with a bias: 4C² + 4C numbers"""
    n, h = draw.sizes(2)
    layer = submission.MultiHeadAttention(n * h, n)
    observe("parameters", {name: list(p.shape) for name, p in sorted(layer.named_parameters())})
    observe("keys of the state_dict", sorted(layer.state_dict()))


def test_values(submission, draw, observe):
    """Full attention, in heads of h channels that lie side by side"""
    n, h, b, t = draw.sizes(4)
    for shape in ((b, t, n, h), (1, t, h, n), (2, t, 3, 1), (b, 1, n, h)):
        layer = build(submission, draw, *shape[2:])
        name = f"forward(x), B={shape[0]}, T={shape[1]}, {shape[2]} heads of {shape[3]}"
        observe.call(name, layer, draw.normal(*shape[:2], shape[2] * shape[3]))


def test_mask(submission, draw, observe):
    """With a mask [T, T] a query attends only where it is True"""
    n, h, b, t = draw.sizes(4, low=3)
    layer, x = build(submission, draw, n, h), draw.normal(b, t, n * h)
    observe.call("forward(x, causal mask)", layer, x, torch.ones(t, t, dtype=torch.bool).tril())
    observe.call("forward(x, mask [T, T])", layer, x, mask=allowed(draw, t, t))


def test_mask_for_each(submission, draw, observe):
    """With a mask [B, T, T] every sequence has its own, the same in all heads"""
    n, h, b, t = draw.sizes(4, low=3)
    for batch in (n, b):
        layer = build(submission, draw, n, h)
        x, mask = draw.normal(batch, t, n * h), allowed(draw, batch, t, t)
        observe.call(f"forward(x, mask [B, T, T]), B={batch}, {n} heads", layer, x, mask)


def test_causal(submission, draw, observe):
    """Under a causal mask, changing a later token leaves every earlier output as it was"""
    n, h, b, t = draw.sizes(4, low=3)
    layer, x = build(submission, draw, n, h), draw.normal(b, t, n * h)
    mask = torch.ones(t, t, dtype=torch.bool).tril()
    cut = draw.integer(1, t - 1)
    changed = torch.cat([x[:, :cut], draw.normal(b, t - cut, n * h, scale=3)], 1)
    before, after = layer(x, mask), layer(changed, mask)
    observe("outputs", before, noted())
    moved = equal(atol=1e-3, says="The future leaks: outputs changed where only later tokens had changed.")
    observe("the change of earlier outputs", after[:, :cut] - before[:, :cut], moved)


def test_dtype(submission, draw, observe):
    """A layer turned to float64 or bfloat16 computes in it"""
    n, h, b, t = draw.sizes(4)
    for dtype in (torch.float64, torch.bfloat16):
        layer = draw.fill(submission.MultiHeadAttention(n * h, n).to(dtype), scale=0.1)
        rule = equal(rtol=5e-2, atol=5e-2, because="bfloat16") if dtype == torch.bfloat16 else None
        name = f"forward(x {str(dtype).removeprefix('torch.')})"
        observe.call(name, layer, draw.normal(b, t, n * h, dtype=dtype, scale=0.5), rule=rule)


def test_gradients(submission, draw, observe):
    """x and all eight parameters get their gradients"""
    n, h, b, t = draw.sizes(4)
    layer = build(submission, draw, n, h, dtype=torch.float64)
    x = draw.normal(b, t, n * h, dtype=torch.float64)
    mask = torch.ones(t, t, dtype=torch.bool).tril()
    params = sorted(layer.named_parameters())
    observe.gradients("forward(x, causal mask)", layer, x, mask, params=params, names=["x", "mask"])
