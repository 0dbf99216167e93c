"""A second honest way: einsum over named dimensions, and a mask that is added."""

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_head):
        super().__init__()
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            self.add_module(name, nn.Linear(d_model, d_model))
        self.shape = (n_head, d_model // n_head)

    def forward(self, x, mask=None):
        q, k, v = (layer(x).unflatten(-1, self.shape) for layer in (self.q_proj, self.k_proj, self.v_proj))
        scores = torch.einsum("bqnh,bknh->bnqk", q, k) * self.shape[1] ** -0.5
        if mask is not None:
            if mask.dim() == 3:
                mask = mask.unsqueeze(1)
            scores = torch.where(mask, scores, torch.full_like(scores, -torch.inf))
        return self.out_proj(torch.einsum("bnqk,bknh->bqnh", scores.softmax(-1), v).flatten(-2))
