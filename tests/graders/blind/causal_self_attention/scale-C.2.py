"""einsum over unflattened heads."""

import torch
import torch.nn.functional as F
from torch import nn


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.heads = config.n_head
        self.width = config.n_embd // config.n_head
        self.scale = config.n_embd**-0.5
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd, bias=True)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd, bias=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        T = x.size(1)
        qkv = self.c_attn(x).unflatten(-1, (3, self.heads, self.width))
        q, k, v = qkv.unbind(dim=2)
        scores = torch.einsum("bqnh,bknh->bnqk", q, k) * self.scale
        pos = torch.arange(T, device=x.device)
        visible = pos[None, :] <= pos[:, None]
        scores = torch.where(visible, scores, -torch.inf)
        weights = F.softmax(scores, dim=-1)
        mixed = torch.einsum("bnqk,bknh->bqnh", weights, v)
        return self.c_proj(mixed.flatten(2))
