"""A second honest way: nothing is repeated, queries get a dimension for their place in the group."""

import torch
from torch import nn


class GQA(nn.Module):
    def __init__(self, C, n_head, n_kv_head):
        super().__init__()
        assert C % n_head == 0 and n_head % n_kv_head == 0
        self.shape = (n_kv_head, n_head // n_kv_head, C // n_head)
        kv = n_kv_head * self.shape[2]
        self.q_proj, self.o_proj = (nn.Linear(C, C, bias=False) for _ in range(2))
        self.k_proj, self.v_proj = (nn.Linear(C, kv, bias=False) for _ in range(2))

    def forward(self, x):
        T = x.shape[1]
        q = self.q_proj(x).unflatten(-1, self.shape)  # (B, T, n_kv, g, h)
        k = self.k_proj(x).unflatten(-1, (self.shape[0], -1))  # (B, T, n_kv, h)
        v = self.v_proj(x).unflatten(-1, (self.shape[0], -1))
        scores = torch.einsum("btkgh,bskh->bkgts", q, k) * self.shape[2] ** -0.5
        future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        w = scores.masked_fill(future, float("-inf")).softmax(-1)
        return self.o_proj(torch.einsum("bkgts,bskh->btkgh", w, v).flatten(2))
