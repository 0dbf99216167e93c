"""Several attentions side by side, each in a part of the width."""

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
        self.h = d_model // n_head
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """x: [B, T, C]; mask: bool [T, T] for all sequences, or [B, T, T], one for each; True = may attend.

        The same mask holds for all heads; every query may attend to at least one key. None: no mask, full attention.
        Returns [B, T, C], x's dtype.
        """
        B, T, C = x.shape
        q = self.cut(self.q_proj(x))
        k = self.cut(self.k_proj(x))
        v = self.cut(self.v_proj(x))
        att = torch.bmm(q, k.transpose(1, 2)) * (1.0 / self.h**0.5)
        if mask is not None:
            mask = mask.reshape(-1, T, T)[:1]
            bias = torch.zeros(mask.shape, dtype=att.dtype, device=att.device)
            bias[~mask] = float("-inf")
            att = att + bias
        att = att.softmax(dim=2)
        y = torch.bmm(att, v).view(B, self.n_head, T, self.h)
        y = y.permute(0, 2, 1, 3).contiguous().view(B, T, C)
        return self.out_proj(y)

    def cut(self, t):
        B, T, C = t.shape
        t = t.view(B, T, self.n_head, self.h).permute(0, 2, 1, 3)
        return t.reshape(B * self.n_head, T, self.h)
