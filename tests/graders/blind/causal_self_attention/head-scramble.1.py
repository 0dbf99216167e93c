"""split, view, @."""

import math

import torch
from torch import nn


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.n_head = config.n_head
        self.n_embd = config.n_embd
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        h = C // self.n_head
        q, k, v = self.c_attn(x).split(C, dim=2)
        q = q.contiguous().view(B, self.n_head, T, h)
        k = k.contiguous().view(B, self.n_head, T, h)
        v = v.contiguous().view(B, self.n_head, T, h)
        att = q @ k.transpose(-2, -1) / math.sqrt(h)
        future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        att = att.masked_fill(future, float("-inf"))
        att = att.softmax(dim=-1)
        y = (att @ v).transpose(1, 2).contiguous().view(B, T, C)
        return self.c_proj(y)
