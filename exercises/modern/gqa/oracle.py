"""The oracle: torch's own grouping."""

import torch.nn.functional as F
from torch import nn


class GQA(nn.Module):
    def __init__(self, C, n_head, n_kv_head):
        super().__init__()
        self.h = C // n_head
        for name in "qkvo":
            self.add_module(f"{name}_proj", nn.Linear(C, n_kv_head * self.h if name in "kv" else C, bias=False))

    def forward(self, x):
        q, k, v = (p(x).unflatten(-1, (-1, self.h)).mT.movedim(-1, 1) for p in (self.q_proj, self.k_proj, self.v_proj))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        return self.o_proj(y.transpose(1, 2).flatten(2))
