"""The oracle: one query, one head, one sequence at a time; the past is a list of single tokens."""

import torch
from torch import nn


class KVCache:
    def __init__(self, n_layer):
        self.tokens = [[] for _ in range(n_layer)]

    @property
    def length(self):
        return len(self.tokens[0])

    def update(self, layer, k, v):
        for t in range(k.shape[2]):
            self.tokens[layer].append((k[:, :, t], v[:, :, t]))
        keys, values = zip(*self.tokens[layer], strict=True)
        return torch.stack(keys, dim=2), torch.stack(values, dim=2)


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx=0):
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.n_head, self.layer_idx = config.n_head, layer_idx

    def forward(self, x, cache=None):
        B, T, C = x.shape
        h = C // self.n_head
        q, k, v = (
            torch.stack([t[..., n * h : (n + 1) * h] for n in range(self.n_head)], 1)
            for t in self.c_attn(x).split(C, dim=2)
        )
        if cache is not None:
            k, v = cache.update(self.layer_idx, k, v)
        past, rows = k.shape[2] - T, []
        for b in range(B):
            for t in range(T):
                parts = []
                for n in range(self.n_head):
                    seen = slice(0, past + t + 1)
                    weights = torch.softmax((k[b, n, seen] * q[b, n, t]).sum(1) / h**0.5, 0)
                    parts.append((weights[:, None] * v[b, n, seen]).sum(0))
                rows.append(torch.cat(parts))
        return self.c_proj(torch.stack(rows).reshape(B, T, C))
