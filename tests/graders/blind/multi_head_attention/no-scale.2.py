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
        assert d_model % n_head == 0
        self.n_head = n_head
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(d_model, d_model))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """x: [B, T, C]; mask: bool [T, T] for all sequences, or [B, T, T], one for each; True = may attend.

        The same mask holds for all heads; every query may attend to at least one key. None: no mask, full attention.
        Returns [B, T, C], x's dtype.
        """
        d_head = x.shape[-1] // self.n_head
        q = self.q_proj(x).unflatten(-1, (self.n_head, d_head))
        k = self.k_proj(x).unflatten(-1, (self.n_head, d_head))
        v = self.v_proj(x).unflatten(-1, (self.n_head, d_head))

        scores = torch.einsum("bqnh,bknh->bnqk", q, k)
        if mask is not None:
            allowed = mask if mask.ndim == 2 else mask[:, None]
            scores = torch.where(allowed, scores, torch.finfo(scores.dtype).min)
        weights = scores.softmax(dim=3)
        mixed = torch.einsum("bnqk,bknh->bqnh", weights, v)
        return self.out_proj(mixed.flatten(2))
