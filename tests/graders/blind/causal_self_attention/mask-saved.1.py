"""permute and matmul, the mask in a buffer."""

import math

import torch
from torch import nn


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.config = config
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        mask = torch.tril(torch.ones(config.block_size, config.block_size)).bool()
        self.register_buffer("mask", mask)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.size()
        n, h = self.config.n_head, C // self.config.n_head
        q, k, v = self.c_attn(x).reshape(B, T, 3, n, h).permute(2, 0, 3, 1, 4)
        scores = torch.matmul(q, k.mT) * (1.0 / math.sqrt(h))
        scores = scores.masked_fill(~self.mask[:T, :T], -torch.inf)
        probs = torch.softmax(scores, dim=-1)
        out = torch.matmul(probs, v)
        out = out.permute(0, 2, 1, 3).reshape(B, T, C)
        return self.c_proj(out)
