"""The reference: few keys are made, and lent to the queries of their group."""

import torch
import torch.nn.functional as F
from torch import nn


class GQA(nn.Module):
    def __init__(self, C: int, n_head: int, n_kv_head: int):
        super().__init__()
        self.head = C // n_head
        self.group = n_head // n_kv_head
        self.q_proj = nn.Linear(C, C, bias=False)
        self.k_proj = nn.Linear(C, n_kv_head * self.head, bias=False)
        self.v_proj = nn.Linear(C, n_kv_head * self.head, bias=False)
        self.o_proj = nn.Linear(C, C, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        q = self.q_proj(x).view(B, T, -1, self.head).transpose(1, 2)  # (B, n, T, h)
        k = self.k_proj(x).view(B, T, -1, self.head).transpose(1, 2)  # (B, n_kv, T, h)
        v = self.v_proj(x).view(B, T, -1, self.head).transpose(1, 2)
        k = k.repeat_interleave(self.group, dim=1)  # (B, n, T, h)
        v = v.repeat_interleave(self.group, dim=1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(y.transpose(1, 2).reshape(B, T, C))
