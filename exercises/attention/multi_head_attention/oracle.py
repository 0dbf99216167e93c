"""The oracle: torch's own attention function, given these weights."""

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_head):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(d_model, d_model) for _ in range(4))
        self.n_head = n_head

    def forward(self, x, mask=None):
        if mask is not None:
            mask = ~(mask if mask.dim() == 2 else mask.repeat_interleave(self.n_head, 0))
        three = (self.q_proj, self.k_proj, self.v_proj)
        x = x.transpose(0, 1)  # its own order is (T, B, C)
        out, _ = nn.functional.multi_head_attention_forward(
            x, x, x, x.shape[2], self.n_head, torch.cat([p.weight for p in three]), torch.cat([p.bias for p in three]),
            None, None, False, 0.0, self.out_proj.weight, self.out_proj.bias, attn_mask=mask, need_weights=False,
        )  # fmt: skip
        return out.transpose(0, 1)
