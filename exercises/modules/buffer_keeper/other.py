"""A second honest way: nn.Buffer, and an update in place, under no_grad."""

import torch
from torch import nn


class EmaCenter(nn.Module):
    def __init__(self, dim, momentum):
        super().__init__()
        self.mean = nn.Buffer(torch.zeros([dim]))
        self.pace = 1 - momentum

    @torch.no_grad()
    def update(self, x):
        dims = tuple(range(x.dim() - 1))
        batch = x.mean(dims) if dims else x
        self.mean.lerp_(batch, self.pace)

    def forward(self, x):
        if self.training:
            self.update(x)
        return x - self.mean
