"""Heads that stand side by side, each with three small layers: made one product."""

import math

import torch
from torch import nn


class Heads(nn.Module):
    # TODO: this is right, and launches 5 matrix products for every head. Four do for all heads together.
    def __init__(self, heads: list[tuple[nn.Linear, nn.Linear, nn.Linear]], proj: nn.Linear):
        super().__init__()
        self.heads, self.proj = nn.ModuleList(nn.ModuleList(three) for three in heads), proj

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        outs = []
        for q, k, v in self.heads:
            scores = q(x) @ k(x).transpose(1, 2) / math.sqrt(q.out_features)
            outs.append(scores.masked_fill(future, float("-inf")).softmax(dim=-1) @ v(x))
        return self.proj(torch.cat(outs, dim=-1))


def fuse(heads: list[tuple[nn.Linear, nn.Linear, nn.Linear]], proj: nn.Linear) -> nn.Module:
    """Turn separate heads into one module that computes the same with four matrix products.

    heads: n triples (q, k, v), each an nn.Linear(C, h) with C = n·h; all 3·n of them have a bias, or none has
    proj: nn.Linear(C, C) with a bias; head i feeds its columns i·h … (i + 1)·h
    Layers handed in are not changed.

    Returns a module with two layers and no other parameters:
        c_attn, an nn.Linear(C, 3·C): its rows are the queries of all heads, then all keys, then all values, head 0
            first in each; with a bias if the heads have one
        c_proj, an nn.Linear(C, C): proj's values
    Its forward takes x [B, T, C], floating, and returns [B, T, C]: each head's causal attention with scores divided
    by √h, side by side, then c_proj. It makes nothing on another device than x's, and uses exactly four matrix products
    (mm, addmm or bmm, as torch counts them), whatever n is. torch's fused attention is out of bounds here.
    """
    return Heads(heads, proj)
