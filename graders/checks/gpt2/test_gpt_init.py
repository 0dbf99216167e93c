"""Checks for gpt-init: matrices, the ways back to the stream, vectors, in place, draws, the first loss."""

import math
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from graders.kit import holds, law, noted

FRACTION, GROUP = 0.0455, 64  # of a normal law's draws beyond twice its spread; draws averaged for one entry
LOSS = "The first loss is more than 0.15 away from ln V, what guessing costs."


class Part(nn.Module):
    """Attention or MLP: two Linears, the second of which writes to the stream."""

    def __init__(self, first, C, inside, out):
        super().__init__()
        self.first = first
        self.add_module(first, nn.Linear(C, inside))
        self.c_proj = nn.Linear(out, C)
        self.c_proj.is_residual_output = True

    def forward(self, x):
        y = getattr(self, self.first)(x)
        if self.first == "c_fc":
            return self.c_proj(F.gelu(y, approximate="tanh"))
        q, k, v = y.chunk(3, dim=-1)
        return self.c_proj(F.scaled_dot_product_attention(q, k, v, is_causal=True))


class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(C), Part("c_attn", C, 3 * C, C)
        self.ln_2, self.mlp = nn.LayerNorm(C), Part("c_fc", C, 4 * C, 4 * C)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """A GPT-2 with one head a block."""

    def __init__(self, C, n_layer, vocab=301, block_size=70):
        super().__init__()
        self.config = SimpleNamespace(
            n_embd=C, n_head=1, n_layer=n_layer, vocab_size=vocab, block_size=block_size, dropout=0.0
        )
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocab, C),
                "wpe": nn.Embedding(block_size, C),
                "h": nn.ModuleList(Block(C) for _ in range(n_layer)),
                "ln_f": nn.LayerNorm(C),
            }
        )
        self.lm_head = nn.Linear(C, vocab, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, idx):
        x = self.transformer.wte(idx) + self.transformer.wpe.weight[: idx.shape[1]]
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


def born(submission, draw, n_layer, C=64):
    """A model full of something else, then initialized."""
    model = draw.fill(GPT(C, n_layer), scale=0.7)
    submission.init_weights_(model)
    return model


def normal(observe, name, weight, std):
    """Observe that these are normal draws: by mean and spread, and by how many lie far out."""
    observe(name, weight.detach(), law(0.0, std, says=f"{name} should have a spread of {std:.4f}."))
    far = (weight.detach().abs() > 2 * std).float().flatten()
    far = far[: len(far) // GROUP * GROUP].view(-1, GROUP).mean(1)
    says = f"{name}: not as many draws beyond twice {std:.4f} as a normal law has."
    room = (FRACTION * (1 - FRACTION) / GROUP) ** 0.5
    observe(f"{name}: share beyond twice the spread", far, law(FRACTION, room, says=says))
    times = max(weight.detach().std().item() / std, 1e-9)
    observe(f"{name}: how many times too wide, in powers of √2", round(2 * math.log2(times)), noted())


def test_matrices(submission, draw, observe):
    """Tables and Linears are drawn from N(0, 0.02²)"""
    model = born(submission, draw, n_layer=2)
    normal(observe, "wpe", model.transformer.wpe.weight, 0.02)
    normal(observe, "wte, the head too", model.transformer.wte.weight, 0.02)
    for i, block in enumerate(model.transformer.h):
        normal(observe, f"h.{i}.attn.c_attn", block.attn.c_attn.weight, 0.02)
        normal(observe, f"h.{i}.mlp.c_fc", block.mlp.c_fc.weight, 0.02)


def test_projections(submission, draw, observe):
    """The Linears called c_proj are narrower, by the root of the number of additions to the stream"""
    for n_layer in (draw.integer(4, 6), 12, 1):
        model = born(submission, draw, n_layer)
        std = 0.02 / math.sqrt(2 * n_layer)
        for part in ("mlp", "attn"):
            weight = torch.stack([getattr(block, part).c_proj.weight for block in model.transformer.h])
            normal(observe, f"{part}.c_proj in {n_layer} blocks", weight, std)


def test_vectors(submission, draw, observe):
    """All biases are 0, all norms multiply by 1"""
    model = draw.fill(GPT(8, 3), scale=0.7)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    submission.init_weights_(model)
    kept = [name for name, p in model.named_parameters() if torch.equal(p, before.get(name, p + 1))]
    says = "Some parameters still hold what was there before."
    observe("none is as it was", not kept, holds("is_true", says))
    observe("which are", kept, noted())
    for name, p in sorted(model.named_parameters()):
        if p.dim() == 1:
            observe(name, p.detach())


def test_in_place(submission, draw, observe):
    """The parameters are the same objects as before, the tie holds, nothing is recorded"""
    model = draw.fill(GPT(16, 2), scale=0.7)
    before = dict(model.named_parameters(remove_duplicate=False))
    submission.init_weights_(model)
    after = dict(model.named_parameters(remove_duplicate=False))
    same = sorted(before) == sorted(after) and all(after[name] is p for name, p in before.items())
    observe("the same Parameters", same, holds("is_true", "The model has other Parameters than before."))
    tied = model.lm_head.weight is model.transformer.wte.weight
    observe("the tie", tied, holds("is_true", "wte and lm_head are two Parameters now."))
    plain = all(p.is_leaf and p.requires_grad and p.grad is None for p in model.parameters())
    observe("leaves that ask for gradients", plain, holds("is_true", "A parameter is no longer a leaf that can learn."))


def test_draws(submission, draw, observe):
    """The same seed gives the same draws, and without it new ones; no two matrices are alike"""
    model, seed = GPT(16, 3), draw.integer(1, 10**6)
    states = []
    for first in (True, False, True):
        if first:
            torch.manual_seed(seed)
        submission.init_weights_(model)
        states.append({name: p.detach().clone() for name, p in model.named_parameters()})
    a, b, c = ([s[name] for name in s if s[name].dim() == 2] for s in states)
    again = all(torch.equal(x, y) for x, y in zip(a, c, strict=True))
    observe("the same after the same seed", again, holds("is_true", "The same seed gave other draws."))
    new = not any(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    observe("others without it", new, holds("is_true", "A second call gave the same numbers as the first."))
    fine = not any(x.shape == y.shape and torch.equal(x, y) for i, x in enumerate(a) for y in a[:i])
    observe("no two matrices alike", fine, holds("is_true", "Two matrices hold the very same draws."))


def test_first_loss(submission, draw, observe):
    """The first loss lies within 0.15 of ln V"""
    for C, n_layer in ((64, 3), (128, 2)):
        model = born(submission, draw, n_layer, C)
        idx = draw.integers(0, 301, 4, 60)
        targets = draw.integers(0, 301, 4, 60)
        loss = F.cross_entropy(model(idx).flatten(0, 1), targets.flatten()).item()
        observe(f"first loss of width {C} is near", abs(loss - math.log(301)) < 0.15, holds("is_true", LOSS))
