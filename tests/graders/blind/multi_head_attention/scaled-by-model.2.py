"""Several attentions side by side, each in a part of the width."""

import math

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Self-attention in n_head heads: each works on its own h = d_model / n_head channels.

    d_model: the width C of x; a multiple of n_head
    n_head: how many heads

    Its parts: q_proj, k_proj, v_proj and out_proj, each an nn.Linear(d_model, d_model) with a bias. Head i owns the
    channels i·h … (i + 1)·h of the three projections, and of what goes into out_proj. Scores are divided by √h.

    torch's multi-head and fused attention are out of bounds here.
    """

    def __init__(self, d_model: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.d_model = d_model
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """x: [B, T, C]; mask: bool [T, T] for all sequences, or [B, T, T], one for each; True = may attend.

        The same mask holds for all heads; every query may attend to at least one key. None: no mask, full attention.
        Returns [B, T, C], x's dtype.
        """
        h = self.d_model // self.n_head
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        heads = []
        for i in range(self.n_head):
            s = slice(i * h, (i + 1) * h)
            scores = torch.matmul(q[..., s], k[..., s].mT) / math.sqrt(self.d_model)
            if mask is not None:
                scores = scores.masked_fill(mask.logical_not(), -math.inf)
            heads.append(torch.matmul(scores.softmax(-1), v[..., s]))
        return self.out_proj(torch.cat(heads, dim=-1))
