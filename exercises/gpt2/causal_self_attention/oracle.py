"""The oracle: one query, one head, one sequence at a time."""

import torch
from torch import nn


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx=0):
        super().__init__()
        self.n_head = config.n_head
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x):
        B, T, C = x.shape
        h = C // self.n_head
        qkv = self.c_attn(x)
        rows = []
        for b in range(B):
            for t in range(T):
                parts = []
                for n in range(self.n_head):
                    q = qkv[b, t, n * h : (n + 1) * h]
                    k = qkv[b, : t + 1, C + n * h : C + (n + 1) * h]
                    v = qkv[b, : t + 1, 2 * C + n * h : 2 * C + (n + 1) * h]
                    weights = torch.softmax((k * q).sum(dim=1) / h**0.5, dim=0)
                    parts.append((weights[:, None] * v).sum(dim=0))
                rows.append(torch.cat(parts))
        return self.c_proj(torch.stack(rows).reshape(B, T, C))
