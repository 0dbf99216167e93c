"""Checks for llama-block: the norm and its eps, bfloat16, the gate, the block's parts, 7 billion, silent parts, all."""

from types import SimpleNamespace

import torch

from graders.kit import equal, holds

SHARED = "Both norms of the block are one module: there should be two."
ROUNDED = "In bfloat16 the result is not the float32 result, rounded once: too many entries differ, or by too much."
COARSE = equal(rtol=5e-2, atol=0.1, because="bfloat16 has 8 significant bits, and several steps are rounded")
SINGLE = equal(rtol=1e-3, atol=1e-3, because="the norm and the angles may be computed in float32")


def config(n_kv, group, h, hidden, eps=1e-5, rope_base=10_000.0):
    n = n_kv * group
    return SimpleNamespace(dim=n * h, n_head=n, n_kv_head=n_kv, hidden=hidden, eps=eps, rope_base=rope_base)


def sizes(draw, **more):
    """A config whose sizes all differ, and B and T that differ from them."""
    n_kv, group = draw.random.choice([(2, 3), (3, 2), (2, 4)])
    b, t = draw.random.sample([5, 7, 9], 2)
    return config(n_kv, group, 2 * draw.integer(2, 4), draw.integer(11, 31), **more), b, t


def build(submission, draw, cfg, dtype=torch.float32):
    """The learner's block with fresh weights: no two norms alike, no gain at one."""
    block = draw.fill(submission.LlamaBlock(cfg).to(dtype), scale=cfg.dim**-0.5)
    with torch.no_grad():
        for name, p in sorted(block.named_parameters()):
            if p.dim() == 1:
                p.copy_(draw.uniform(*p.shape, low=0.5, high=1.5, dtype=dtype))
            if name.endswith(("q_proj.weight", "k_proj.weight")):
                p.mul_(2)  # scores of some size: a turn of a query then shows
    return block


def silence(block, *names):
    with torch.no_grad():
        for name in names:
            part = block.self_attn.o_proj if name == "self_attn" else block.mlp.down_proj
            part.weight.zero_()
    return block


def test_norm(submission, draw, observe):
    """RMSNorm: one weight, at ones; each vector is divided by the root of its mean square"""
    b, t, d = draw.sizes(3, low=4)
    norm = submission.RMSNorm(d)
    observe("its parameters", {n: p.detach() for n, p in norm.named_parameters()})
    observe("keys of its state_dict", sorted(norm.state_dict()))
    draw.fill(norm, scale=1)
    observe.call(f"RMSNorm of x [{b}, {d}]", norm, draw.normal(b, d, scale=2, mean=1.5))
    observe.call(f"RMSNorm of x [{b}, {t}, {d}]", norm, draw.normal(b, t, d, scale=2, mean=-1))
    observe.call(f"RMSNorm of x [{d}]", norm, draw.normal(d))


def test_eps(submission, draw, observe):
    """eps is added to the mean square, under the root"""
    b, d = draw.sizes(2, low=3)
    observe.call("RMSNorm, eps=0.5", draw.fill(submission.RMSNorm(d, 0.5)), draw.normal(b, d, mean=1))
    observe.call("RMSNorm, eps=0.01", draw.fill(submission.RMSNorm(d, eps=0.01)), draw.normal(b, d, scale=0.1))
    observe.call("RMSNorm of tiny numbers", draw.fill(submission.RMSNorm(d)), draw.normal(b, d, scale=0.003))
    observe.call("RMSNorm of zeros", draw.fill(submission.RMSNorm(d)), torch.zeros(b, d))


def test_norm_bfloat16(submission, draw, observe):
    """A bfloat16 input is normalized in float32, and rounded once"""
    d = draw.integer(90, 120)
    x = draw.normal(40, d, scale=3, mean=1).bfloat16()
    narrow, wide = submission.RMSNorm(d).bfloat16()(x), submission.RMSNorm(d)(x.float())
    observe("dtype", str(narrow.dtype))
    observe("the values, roughly", narrow, COARSE)
    off = narrow != wide.bfloat16()
    near = torch.allclose(narrow.float(), wide.bfloat16().float(), rtol=2**-7, atol=0)
    observe("one rounding", bool(off.float().mean() <= 0.01) and near, holds("is_true", ROUNDED))


def test_gate(submission, draw, observe):
    """SwiGLU: three layers without biases; the gate goes through SiLU, and is multiplied with up"""
    b, t, d, hidden = draw.sizes(4, low=3)
    mlp = submission.SwiGLU(d, hidden)
    observe("state_dict", {key: list(value.shape) for key, value in sorted(mlp.state_dict().items())})
    draw.fill(mlp, scale=0.8)
    observe.call(f"SwiGLU of x [{b}, {d}]", mlp, draw.normal(b, d, scale=2))
    observe.call(f"SwiGLU of x [{b}, {t}, {d}]", mlp, draw.normal(b, t, d, scale=2))


def test_parts(submission, draw, observe):
    """The block's state_dict has nine keys; there are two norms"""
    cfg, _, _ = sizes(draw)
    block = submission.LlamaBlock(cfg)
    observe("state_dict", {key: list(value.shape) for key, value in sorted(block.state_dict().items())})
    observe("parameters", sorted(name for name, _ in block.named_parameters()))
    apart = block.input_layernorm.weight is not block.post_attention_layernorm.weight
    observe("two norms", apart, holds("is_true", SHARED))


def test_seven_billion(submission, draw, observe):
    """A block of the 7-billion model has 202,383,360 weights"""
    with torch.device("meta"):
        block = submission.LlamaBlock(config(32, 1, 128, 11_008))
    observe("parameters of a block, 4,096 wide", sum(p.numel() for p in block.parameters()))
    with torch.device("meta"):
        block = submission.LlamaBlock(config(8, 8, 128, 28_672))
    observe("parameters of a block, 8,192 wide", sum(p.numel() for p in block.parameters()))


def test_silent_parts(submission, draw, observe):
    """With silent parts the stream goes through as it is"""
    cfg, b, t = sizes(draw)
    block = silence(build(submission, draw, cfg), "self_attn", "mlp")
    observe.call("forward(x) with both parts silent", block, draw.normal(b, t, cfg.dim, mean=0.5))


def test_mlp(submission, draw, observe):
    """With attention silent, the MLP reads through its norm and adds to the stream"""
    for eps in (1e-5, 0.3):
        cfg, b, t = sizes(draw, eps=eps)
        block = silence(build(submission, draw, cfg), "self_attn")
        observe.call(f"forward(x), eps={eps}", block, draw.normal(b, t, cfg.dim, scale=2, mean=0.5))


def test_attention(submission, draw, observe):
    """With the MLP silent, attention reads through its norm: one token, then ordinary heads, then groups"""
    cfg, b, t = sizes(draw)
    block = silence(build(submission, draw, cfg), "mlp")
    observe.call("forward(x), one token", block, draw.normal(b, 1, cfg.dim, scale=2))
    cfg = config(3, 1, 6, 20)
    block = silence(build(submission, draw, cfg), "mlp")
    observe.call("forward(x), three heads, each with its key", block, draw.normal(b, t, cfg.dim, scale=2))
    cfg, b, t = sizes(draw)
    block = silence(build(submission, draw, cfg), "mlp")
    name = f"forward(x), n_head={cfg.n_head}, n_kv_head={cfg.n_kv_head}"
    observe.call(name, block, draw.normal(b, t, cfg.dim, scale=2))


def test_rope_base(submission, draw, observe):
    """The base of the turns is the config's, and so is eps of its norm"""
    for base, eps in ((7.5, 1e-5), (500_000.0, 1e-5), (10_000.0, 0.4)):
        cfg, b, t = sizes(draw, rope_base=base, eps=eps)
        block = silence(build(submission, draw, cfg), "mlp")
        observe.call(f"forward(x), rope_base={base:g}, eps={eps}", block, draw.normal(b, t, cfg.dim, scale=2))


def test_whole(submission, draw, observe):
    """Attention, then the MLP on what attention has left"""
    for _ in range(2):
        cfg, b, t = sizes(draw)
        block = build(submission, draw, cfg)
        observe.call(f"forward(x [{b}, {t}, {cfg.dim}])", block, draw.normal(b, t, cfg.dim, scale=2, mean=0.3))
    observe.call("forward(strided x)", block, draw.strided(draw.normal(b, t, cfg.dim)))


def test_dtype(submission, draw, observe):
    """In float64 and bfloat16 too"""
    cfg, b, t = sizes(draw)
    x = draw.normal(b, t, cfg.dim, dtype=torch.float64)
    observe.call("forward(x float64)", build(submission, draw, cfg, torch.float64), x, rule=SINGLE)
    out = build(submission, draw, cfg, torch.bfloat16)(x.bfloat16())
    observe("forward(x bfloat16), its dtype", str(out.dtype))


def test_gradients(submission, draw, observe):
    """x and all nine weights get their gradients"""
    cfg, b, t = sizes(draw)
    block = build(submission, draw, cfg, torch.float64)
    x = draw.normal(b, t, cfg.dim, dtype=torch.float64)
    params = sorted(block.named_parameters())
    observe.gradients("forward(x)", block, x, params=params, names=["x"], rule=SINGLE)


def test_device(submission, draw, observe):
    """What is made on the way lies where x is"""
    cfg, b, t = sizes(draw)
    block, x = build(submission, draw, cfg), draw.normal(b, t, cfg.dim)
    observe.stays_on_device("forward elsewhere", lambda block, x: block(x), block, x)
