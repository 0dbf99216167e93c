"""A loop over the heads."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        C = config.n_embd
        self.n_head = config.n_head
        self.head_size = C // config.n_head
        self.c_attn = nn.Linear(C, 3 * C)
        self.c_proj = nn.Linear(C, C)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).chunk(3, dim=-1)
        allowed = torch.tril(torch.ones(T, T, device=x.device))
        outs = []
        for i in range(self.n_head):
            part = slice(i * self.head_size, (i + 1) * self.head_size)
            scores = torch.bmm(q[..., part], k[..., part].transpose(1, 2)) / math.sqrt(self.head_size)
            p = F.softmax(scores, dim=-1) * allowed.to(x.dtype)
            outs.append(torch.bmm(p, v[..., part]))
        y = torch.cat(outs, dim=-1)
        return self.c_proj(y)
