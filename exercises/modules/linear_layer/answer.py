"""The reference: two parameters, drawn within ±1/√d_in, and one product over the last dimension."""

import torch
from torch import nn


class Linear(nn.Module):
    def __init__(self, d_in: int, d_out: int, bias: bool = True):
        super().__init__()
        bound = d_in**-0.5
        self.weight = nn.Parameter(torch.empty(d_out, d_in).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(d_out).uniform_(-bound, bound)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T  # (…, d_in) @ (d_in, d_out)
        return y if self.bias is None else y + self.bias
