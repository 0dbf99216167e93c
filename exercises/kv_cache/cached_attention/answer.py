"""The reference: concatenate along the tokens, and align the causal mask at its bottom right."""

import torch
import torch.nn.functional as F
from torch import nn


class KVCache:
    def __init__(self, n_layer: int):
        self.held: list[tuple[torch.Tensor, torch.Tensor] | None] = [None] * n_layer

    @property
    def length(self) -> int:
        return 0 if self.held[0] is None else self.held[0][0].shape[2]

    def update(self, layer: int, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        past = self.held[layer]
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)  # (B, H, S, h)
        self.held[layer] = (k, v)
        return k, v


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.n_head = config.n_head
        self.layer_idx = layer_idx

    def forward(self, x: torch.Tensor, cache: KVCache | None = None) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # each (B, H, T, h)
        if cache is not None:
            k, v = cache.update(self.layer_idx, k, v)  # (B, H, S, h)
        S = k.shape[2]
        seen = torch.ones(T, S, dtype=torch.bool, device=x.device).tril(S - T)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)  # (B, H, T, h)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))
