"""Checks for causal-self-attention: names and shapes, one position, causality, values, gradients, one matmul."""

from types import SimpleNamespace

import torch

from graders.kit import equal, holds, noted


def build(submission, draw, n_head, head, block_size=16, dtype=torch.float32, **more):
    """The learner's module with fresh, equal weights; no bias is zero."""
    config = SimpleNamespace(
        n_embd=n_head * head, n_head=n_head, n_layer=2, block_size=block_size, vocab_size=65, **more
    )
    module = submission.CausalSelfAttention(config)
    shapes = {name: tuple(p.shape) for name, p in sorted(module.named_parameters())}
    module = module.to(dtype)
    return draw.fill(module, scale=0.5), shapes


def test_state_dict(submission, draw, observe):
    """The state_dict has the four keys of GPT-2, and no other"""
    n, h = draw.sizes(2)
    module, _ = build(submission, draw, n, h)
    shapes = {key: list(value.shape) for key, value in sorted(module.state_dict().items())}
    observe("state_dict", shapes)
    observe("parameters", sorted(name for name, _ in module.named_parameters()))


def test_shape(submission, draw, observe):
    """[B, T, C] goes in and comes out, for any T up to block_size"""
    n, h, b = draw.sizes(3)
    module, _ = build(submission, draw, n, h, block_size=9, dropout=0.0)
    for length in (9, 1, 4):
        observe(f"shape of the output for T={length}", list(module(draw.normal(b, length, n * h)).shape))


def test_one_position(submission, draw, observe):
    """With one position there is nothing to mix: the values go straight through c_proj"""
    n, h, b = draw.sizes(3)
    module, _ = build(submission, draw, n, h)
    observe.call("forward(x) with T=1", module, draw.normal(b, 1, n * h))


def test_causal(submission, draw, observe):
    """Changing a later token leaves every earlier output as it was"""
    n, h, b, length = draw.sizes(4)
    length += 2
    module, _ = build(submission, draw, n, h)
    x = draw.normal(b, length, n * h)
    cut = draw.integer(1, length - 1)
    changed = x.clone()
    changed[:, cut:] = draw.normal(b, length - cut, n * h, scale=3)
    before, after = module(x), module(changed)
    observe("outputs", before, noted())
    moved = equal(atol=1e-3, says="The future leaks: outputs changed where only later tokens had changed.")
    observe("The change of earlier outputs", after[:, :cut] - before[:, :cut], moved)


def test_values(submission, draw, observe):
    """The outputs are right, in float32 and float64, for several lengths and head counts"""
    for n, h, dtype in [
        (1, 6, torch.float32),
        (3, 4, torch.float64),
        (2, 5, torch.float32),
        (4, 3, torch.float64),
    ]:
        b, length = draw.sizes(2, low=2, high=8)
        module, _ = build(submission, draw, n, h, dtype=dtype)
        x = draw.normal(b, length, n * h, dtype=dtype)
        observe.call(f"forward(x [{b},{length},{n * h}]) with {n} heads", module, x)
        observe.call(f"forward(strided x) with {n} heads", module, draw.strided(x))
    module, _ = build(submission, draw, 2, 8)
    observe.call(
        "forward(x) with large scores",
        module,
        draw.normal(2, 5, 16, scale=30),
        rule=equal(rtol=2e-3, atol=2e-3),
    )


def test_gradients(submission, draw, observe):
    """The gradients of x and of all four parameters are right"""
    for n, h in [(2, 3), (3, 2)]:
        b, length = draw.sizes(2, high=6)
        module, _ = build(submission, draw, n, h, dtype=torch.float64)
        x = draw.normal(b, length, n * h, dtype=torch.float64)
        params = sorted(module.named_parameters())
        observe.gradients(f"forward(x) with {n} heads", module, x, params=params, names=["x"])


def test_train_and_eval(submission, draw, observe):
    """Without dropout, train and eval give the same"""
    n, h, b = draw.sizes(3)
    module, _ = build(submission, draw, n, h)
    x = draw.normal(b, 5, n * h)
    observe.call("forward(x) in train mode", module.train(), x)
    observe.call("forward(x) in eval mode", module.eval(), x)


def test_one_matmul(submission, draw, observe):
    """One product with c_attn makes q, k and v"""
    n, h, b = draw.sizes(3)
    module, _ = build(submission, draw, n, h)
    x = draw.normal(b, 6, n * h)
    with observe.operations() as ops, torch.no_grad():
        module(x)
    projections = ops.count("addmm", "mm", "linear")
    says = "More than two projections ran: one product with c_attn and one with c_proj are enough."
    observe("two projections, no more", projections <= 2, holds("is_true", says))
