"""The reference: a view joins neighbors; batch and positions are one long batch to the norm."""

import torch
from torch import nn


class FlattenConsecutive(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        N, T, C = x.shape
        x = x.reshape(N, T // self.n, C * self.n)
        return x.squeeze(1)


class Level(nn.Module):
    def __init__(self, width, h):
        super().__init__()
        self.join = FlattenConsecutive(2)
        self.linear = nn.Linear(2 * width, h, bias=False)
        self.norm = nn.BatchNorm1d(h)

    def forward(self, x):
        x = self.linear(self.join(x))  # (N, T/2, h) or (N, h)
        return torch.tanh(self.norm(x.flatten(0, -2)).view(x.shape))


class WaveLM(nn.Module):
    def __init__(self, V, k=8, *, d, h):
        super().__init__()
        self.table = nn.Embedding(V, d)
        widths = [d] + [h] * (k.bit_length() - 2)
        self.levels = nn.Sequential(*(Level(width, h) for width in widths))
        self.head = nn.Linear(h, V)

    def forward(self, idx):
        return self.head(self.levels(self.table(idx)))
