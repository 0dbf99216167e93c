"""The reference: a fresh coin for each number, and the survivors scaled up."""

import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p: float):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p is a probability, from 0 to 1, not {p}")
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        kept = torch.bernoulli(torch.full_like(x, 1 - self.p))  # 1 with probability 1 − p
        return x * kept / (1 - self.p if self.p < 1 else 1)
