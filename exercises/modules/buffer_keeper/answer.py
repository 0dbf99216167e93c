"""The reference: a registered buffer, moved in training without a graph, and subtracted."""

import torch
from torch import nn


class EmaCenter(nn.Module):
    def __init__(self, dim: int, momentum: float):
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean", torch.zeros(dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            batch = x.detach().reshape(-1, x.shape[-1]).mean(0)  # (dim,)
            self.mean = self.momentum * self.mean + (1 - self.momentum) * batch
        return x - self.mean
