"""Checks for sdpa-swap: all that lesson 20 asked; then dropout, off in eval and on weights alone; and memory."""

from types import SimpleNamespace

import torch
import torch.nn.functional as F

from graders.kit import at_most, equal, holds, law, noted


def build(submission, draw, n, h, block_size=16, dropout=0.0, dtype=torch.float32):
    """The learner's attention with fresh weights; no bias is zero."""
    config = SimpleNamespace(n_embd=n * h, n_head=n, n_layer=2, block_size=block_size, vocab_size=65, dropout=dropout)
    return draw.fill(submission.CausalSelfAttention(config).to(dtype), scale=0.5)


def test_state_dict(submission, draw, observe):
    """The state_dict has the four keys of GPT-2, and no other"""
    n, h = draw.sizes(2)
    module = build(submission, draw, n, h, dropout=0.1)
    observe("state_dict", {key: list(value.shape) for key, value in sorted(module.state_dict().items())})
    observe("parameters", sorted(name for name, _ in module.named_parameters()))


def test_one_position(submission, draw, observe):
    """With one position there is nothing to mix: the values go straight through c_proj"""
    n, h, b = draw.sizes(3)
    observe.call("forward(x) with T=1", build(submission, draw, n, h), draw.normal(b, 1, n * h))


def test_causal(submission, draw, observe):
    """Changing a later token leaves every earlier output as it was"""
    n, h, b, length = draw.sizes(4)
    length += 2
    module = build(submission, draw, n, h)
    x = draw.normal(b, length, n * h)
    cut = draw.integer(1, length - 1)
    changed = x.clone()
    changed[:, cut:] = draw.normal(b, length - cut, n * h, scale=3)
    before, after = module(x), module(changed)
    observe("outputs", before, noted())
    moved = equal(atol=1e-3, says="The future leaks: outputs changed where only later tokens had changed.")
    observe("the change of earlier outputs", after[:, :cut] - before[:, :cut], moved)


def test_values(submission, draw, observe):
    """The outputs are those of lesson 20, in float32 and float64, for several lengths and head counts"""
    for n, h, dtype in ((1, 6, torch.float32), (3, 4, torch.float64), (2, 5, torch.float32), (4, 3, torch.float64)):
        b, length = draw.sizes(2, high=8)
        module = build(submission, draw, n, h, dtype=dtype)
        x = draw.normal(b, length, n * h, dtype=dtype)
        observe.call(f"forward(x [{b},{length},{n * h}]) with {n} heads", module, x)
        observe.call(f"forward(strided x) with {n} heads", module, draw.strided(x))
    observe.call("forward(x) with T = block_size", build(submission, draw, 2, 3, block_size=9), draw.normal(2, 9, 6))


def test_gradients(submission, draw, observe):
    """The gradients of x and of all four parameters are right"""
    for n, h in ((2, 3), (3, 2)):
        b, length = draw.sizes(2, high=6)
        module = build(submission, draw, n, h, dtype=torch.float64)
        x = draw.normal(b, length, n * h, dtype=torch.float64)
        params = sorted(module.named_parameters())
        observe.gradients(f"forward(x) with {n} heads", module, x, params=params, names=["x"])


def test_eval(submission, draw, observe):
    """In eval mode nothing is dropped, whatever the probability; in train mode something is"""
    n, h, b, length = draw.sizes(4)
    module = build(submission, draw, n, h, dropout=draw.number(0.3, 0.6)).eval()
    x = draw.normal(b, length, n * h)
    observe.call("forward(x) in eval mode", module, x)
    observe.call("forward(x) in eval mode after a time in train mode", module.train().eval(), x)
    module.train()
    says = "In train mode two calls give the same: nothing is dropped."
    observe("two calls in train mode differ", not torch.equal(module(x), module(x)), holds("is_true", says))


def test_dropout(submission, draw, observe):
    """In train mode it drops attention weights, with the probability of the config, and nothing else"""
    n, h, c = 8, 3, 24
    p = draw.number(0.3, 0.6)
    module = build(submission, draw, n, h, dropout=p, dtype=torch.float64).train()
    with torch.no_grad():
        module.c_proj.weight.copy_(torch.eye(c))
        x = draw.normal(
            500, 1, c, dtype=torch.float64
        )  # one position: its weight for itself is 1, or dropped, in each head
        v = F.linear(x, module.c_attn.weight[2 * c :], module.c_attn.bias[2 * c :])
        share = ((module(x) - module.c_proj.bias) / v).view(-1, h)  # (B·n, h)
    whole = bool((share - share[:, :1]).abs().max() < 1e-2)
    says = "Within one head some numbers are dropped and others are not: not a weight was dropped, but what came after."
    observe("a dropped weight takes its whole head along", whole, holds("is_true", says))
    kept = share[:, 0]
    says = f"With dropout={p:.2f}, other weights were dropped than the config says, or those that stay are not scaled."
    observe("weights that stay, and their scale", kept, law(mean=1.0, std=(p / (1 - p)) ** 0.5, sigmas=6, says=says))
    off = float((kept - kept.clamp(min=0.0).gt(0.5) / (1 - p)).abs().max())
    observe("each is 0 or 1 / (1 − p)", off, at_most(bound=1e-2, says="A weight is neither dropped nor scaled up."))


def test_no_dropout(submission, draw, observe):
    """With dropout 0.0, train mode gives what eval mode gives"""
    n, h, b, length = draw.sizes(4)
    module = build(submission, draw, n, h)
    x = draw.normal(b, length, n * h)
    observe.call("forward(x) in train mode", module.train(), x)
    observe.call("forward(x) in eval mode", module.eval(), x)


def test_memory(submission, draw, observe):
    """No tensor of T × T numbers is made: not in forward, not in backward, not in __init__"""
    n, h, b = draw.sizes(3, high=4)
    t = 8 * b * n * h
    says = "A tensor with as many numbers as a T × T table was made. Who needs to know it as a whole?"
    with observe.operations() as ops:
        module = build(submission, draw, n, h, block_size=t, dropout=0.25)
    observe(f"largest tensor made by __init__, block_size={t}", ops.largest(), at_most(bound=t * t - 1, says=says))
    x = draw.normal(b, t, n * h)
    with observe.operations() as ops, torch.no_grad():
        module.eval()(x)
    heads = "A tensor with as many numbers as a T × T table for every head was made."
    observe(f"largest tensor made by forward, T={t}", ops.largest(), at_most(bound=t * t - 1, says=says))
    observe(f"tables for all {n} heads, T={t}", ops.largest(), at_most(bound=b * n * t * t - 1, says=heads))
    module = build(submission, draw, n, h, block_size=t)
    with observe.operations() as ops:
        module(x).sum().backward()
    observe(f"largest tensor made by a step, T={t}", ops.largest(), at_most(bound=t * t - 1, says=says))


def test_one_matmul(submission, draw, observe):
    """One product with c_attn makes q, k and v"""
    n, h, b = draw.sizes(3)
    module = build(submission, draw, n, h)
    x = draw.normal(b, 6, n * h)
    with observe.operations() as ops, torch.no_grad():
        module(x)
    says = "More than two projections ran: one product with c_attn and one with c_proj are enough."
    observe("two projections, no more", ops.count("addmm", "mm", "linear") <= 2, holds("is_true", says))


def test_device(submission, draw, observe):
    """What is made on the way lies where x is"""
    n, h, b, length = draw.sizes(4)
    module = build(submission, draw, n, h).eval()
    observe.stays_on_device("forward elsewhere", lambda m, x: m(x), module, draw.normal(b, length, n * h))
