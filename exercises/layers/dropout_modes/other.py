"""A second honest way: uniform draws against a threshold, and where."""

import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        assert p >= 0.0 and p <= 1.0, "p must lie between 0 and 1"
        self.p = p

    def forward(self, x):
        if self.p == 1 and self.training:
            return x * 0
        if self.training:
            drop = torch.rand(x.shape, device=x.device) < self.p
            return torch.where(drop, torch.zeros_like(x), x * (1 / (1 - self.p)))
        return x.clone()
