"""The reference: a loop over segments that reads the memory, attends, and only then writes."""

import torch
import torch.nn.functional as F
from torch import nn


class InfiniAttention(nn.Module):
    def __init__(self, d: int, segment: int):
        super().__init__()
        self.segment = segment
        self.q_proj = nn.Linear(d, d, bias=False)
        self.k_proj = nn.Linear(d, d, bias=False)
        self.v_proj = nn.Linear(d, d, bias=False)
        self.beta = nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, _, d = x.shape
        share = torch.sigmoid(self.beta)
        M, z = x.new_zeros(B, d, d), x.new_zeros(B, d, 1)
        out = []
        for part in x.split(self.segment, dim=1):
            q, k, v = self.q_proj(part), self.k_proj(part), self.v_proj(part)  # (B, S, d)
            sq, sk = F.elu(q) + 1, F.elu(k) + 1
            mem = sq @ M / (sq @ z + 1e-6)
            local = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            out.append(share * mem + (1 - share) * local)
            M = M + sk.mT @ v  # (B, d, d)
            z = z + sk.sum(1)[:, :, None]  # (B, d, 1)
        return torch.cat(out, dim=1)
