"""The oracle: the mean kept row by row, in float64, in Python numbers."""

import torch
from torch import nn


class EmaCenter(nn.Module):
    def __init__(self, dim, momentum):
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean", torch.zeros(dim))

    def forward(self, x):
        if self.training:
            rows = x.detach().double().reshape(-1, x.shape[-1]).tolist()
            batch = [sum(column) / len(rows) for column in zip(*rows)]
            old = self.mean.tolist()
            new = [self.momentum * m + (1 - self.momentum) * b for m, b in zip(old, batch)]
            self.mean.copy_(torch.tensor(new, dtype=torch.float64))
        return x - self.mean
