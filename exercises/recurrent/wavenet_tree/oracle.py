"""The oracle: a group at a time by unfold; the norm over channels in the middle, as nn.BatchNorm1d wants them."""

import torch
from torch import nn


class FlattenConsecutive(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        groups = [torch.cat(group.unbind(1), dim=1) for group in x.split(self.n, dim=1)]  # T/n times (N, n·C)
        return groups[0] if len(groups) == 1 else torch.stack(groups, dim=1)


class WaveLM(nn.Module):
    def __init__(self, V, k=8, *, d, h):
        super().__init__()
        self.k, self.emb, self.last = k, nn.Embedding(V, d), nn.Linear(h, V)
        self.linears, self.norms = nn.ModuleList(), nn.ModuleList()
        while k > 1:
            self.linears.append(nn.Linear(2 * (h if len(self.linears) else d), h))
            self.norms.append(nn.BatchNorm1d(h))
            k //= 2

    def forward(self, idx):
        columns = list(self.emb(idx).unbind(1))
        for linear, norm in zip(self.linears, self.norms):
            pairs = [linear(torch.cat(pair, dim=1)) for pair in zip(columns[::2], columns[1::2])]
            columns = list(norm(torch.stack(pairs, dim=2)).tanh().unbind(2))
        return self.last(columns[0])
