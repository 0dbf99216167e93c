"""The reference: center, divide by the spread, then gain and shift."""

import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, D: int, eps: float = 1e-5, bias: bool = True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(D))
        self.bias = nn.Parameter(torch.zeros(D)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        centered = x - x.mean(-1, keepdim=True)
        var = (centered**2).mean(-1, keepdim=True)  # (…, 1)
        y = centered / torch.sqrt(var + self.eps) * self.weight
        return y if self.bias is None else y + self.bias
