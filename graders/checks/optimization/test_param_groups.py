"""Checks for param-groups: which decay, every parameter once, frozen and tied ones, options, fused, GPT-2's counts."""

from types import SimpleNamespace

import torch
from torch import nn

from gpt2.model import GPT


class Odd(nn.Module):
    """Parameters of 0 to 3 dimensions whose names say nothing about them."""

    def __init__(self, draw):
        super().__init__()
        a, b, c, d = draw.sizes(4)
        self.first = nn.Linear(a, b)
        self.norm = nn.LayerNorm(b)
        self.table = nn.Embedding(c, b)
        self.kernel = nn.Conv1d(b, d, 3)
        self.bias = nn.Parameter(draw.normal(d, a))
        self.temperature = nn.Parameter(draw.normal(1)[0])
        self.gain = nn.Parameter(draw.normal(c))


def made(submission, draw, model, device_type="cpu"):
    chosen = (draw.number(0.05, 0.3), draw.number(1e-4, 1e-3) * 100, (draw.number(0.6, 0.8), draw.number(0.85, 0.99)))
    return submission.configure_optimizers(model, *chosen, device_type)


def decays(opt, model):
    """For each name: the weight_decay of every place in the optimizer where the parameter stands."""
    return {
        name: [float(g["weight_decay"]) for g in opt.param_groups for q in g["params"] if q is p]
        for name, p in sorted(model.named_parameters())
    }


def test_groups(submission, draw, observe):
    """Two or more dimensions decay, all others have 0; every parameter once; it is an AdamW"""
    model = Odd(draw)
    opt = made(submission, draw, model)
    observe("it is a torch.optim.AdamW", isinstance(opt, torch.optim.AdamW))
    observe("weight_decay of each parameter", decays(opt, model))


def test_frozen(submission, draw, observe):
    """Frozen parameters are left out"""
    model = Odd(draw)
    for p in (model.norm.weight, model.table.weight, model.first.bias):
        p.requires_grad_(False)
    opt = made(submission, draw, model)
    observe("weight_decay of each parameter", decays(opt, model))
    observe("parameters in all groups", sum(len(g["params"]) for g in opt.param_groups))


def test_tied(submission, draw, observe):
    """A tied parameter stands there once"""
    model = Odd(draw)
    model.again = nn.Linear(*model.table.weight.shape[::-1], bias=False)
    model.again.weight = model.table.weight
    model.also = model.norm
    opt = made(submission, draw, model)
    observe("parameters in all groups", sum(len(g["params"]) for g in opt.param_groups))
    found = sorted(sum(q is p for g in opt.param_groups for q in g["params"]) for p in model.parameters())
    observe("how often each stands there", found)


def test_options(submission, draw, observe):
    """lr and betas are handed on to every group"""
    opt = made(submission, draw, Odd(draw))
    observe("rates", sorted({round(float(g["lr"]), 9) for g in opt.param_groups}))
    observe("betas", sorted({tuple(round(float(b), 9) for b in g["betas"]) for g in opt.param_groups}))
    seen = sorted({round(float(g["weight_decay"]), 9) for g in opt.param_groups if g["params"]})
    observe("decays", seen)


def test_fused(submission, draw, observe):
    """The fused form is asked for on cuda only"""
    for device_type in ("cpu", "cuda"):
        opt = made(submission, draw, Odd(draw), device_type)
        fused = {bool(g.get("fused")) for g in opt.param_groups}
        observe(f"fused for device_type={device_type!r}", sorted(fused))


def test_gpt(submission, draw, observe):
    """GPT-2 with padded vocabulary: 50 tensors decay, 124,354,560 numbers, and 98 do not, 121,344 numbers"""
    config = SimpleNamespace(
        n_embd=768, n_head=12, n_layer=12, block_size=1024, vocab_size=50304, padded_vocab=50304, dropout=0.0
    )
    with torch.device("meta"):
        model = GPT(config)
    opt = made(submission, draw, model)
    for what, decayed in (("decay", True), ("do not decay", False)):
        found = [p for g in opt.param_groups for p in g["params"] if bool(g["weight_decay"]) is decayed]
        observe(f"tensors that {what}", len(found))
        observe(f"numbers that {what}", sum(p.numel() for p in found))
