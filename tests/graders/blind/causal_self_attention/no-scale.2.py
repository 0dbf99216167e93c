"""Functional helpers around bmm."""

import torch
from torch import nn


def split_heads(t, n):
    """[B, T, C] to [B * n, T, h]"""
    B, T, C = t.shape
    return t.reshape(B, T, n, C // n).transpose(1, 2).reshape(B * n, T, C // n)


def merge_heads(t, n):
    """[B * n, T, h] to [B, T, C]"""
    BN, T, h = t.shape
    return t.reshape(BN // n, n, T, h).transpose(1, 2).reshape(BN // n, T, n * h)


def attend(q, k, v):
    T = q.shape[-2]
    bias = torch.full((T, T), float("-inf"), dtype=q.dtype, device=q.device).triu(diagonal=1)
    scores = torch.bmm(q, k.transpose(1, 2)) + bias
    return torch.bmm(torch.softmax(scores, -1), v)


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.n = config.n_head
        self.c_attn = nn.Linear(config.n_embd, config.n_embd * 3)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (split_heads(t, self.n) for t in torch.chunk(self.c_attn(x), 3, dim=2))
        return self.c_proj(merge_heads(attend(q, k, v), self.n))
