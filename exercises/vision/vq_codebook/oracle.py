"""The oracle: code by code; the gradients written down as the ones of a linear function with the right slopes."""

import torch
from torch import nn


class VQ(nn.Module):
    def __init__(self, K, D, beta=0.25):
        super().__init__()
        self.codebook, self.beta = nn.Parameter(torch.rand(K, D)), beta

    def forward(self, z):
        book = self.codebook.tolist()
        idx = []
        for row in z.tolist():
            far = [sum((a - b) ** 2 for a, b in zip(row, code, strict=True)) for code in book]
            idx.append(far.index(min(far)))
        idx = torch.tensor(idx)
        code = self.codebook.detach()[idx]
        gap = code - z.detach()
        value = (1 + self.beta) * gap.square().mean()
        slope = torch.zeros_like(self.codebook).index_add(0, idx, 2 * gap / gap.numel())
        moves = (self.codebook * slope).sum() - self.beta * (z * 2 * gap / gap.numel()).sum()
        return code + z - z.detach(), idx, value + moves - moves.detach()
