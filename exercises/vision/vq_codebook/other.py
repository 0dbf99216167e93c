"""A second honest way: torch's distances, an embedding lookup, and a function with a backward of its own."""

import torch
from torch import nn


class Replace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, code):
        return code.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad, None


class VQ(nn.Module):
    def __init__(self, K, D, beta=0.25):
        super().__init__()
        self.codebook = nn.Parameter(torch.empty(K, D).uniform_(-1, 1))
        self.beta = beta

    def forward(self, z):
        with torch.no_grad():
            idx = torch.min(torch.cdist(z, self.codebook, compute_mode="donot_use_mm_for_euclid_dist"), -1).indices
        code = nn.functional.embedding(idx, self.codebook)
        first = ((code - z.detach()) ** 2).mean()
        second = ((code.detach() - z) ** 2).mean()
        return Replace.apply(z, code.detach()), idx, first + self.beta * second
