"""A second honest way: slices laid side by side, a norm written out, weights stored the other way round."""

import math

import torch
from torch import nn


class FlattenConsecutive(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        x = torch.cat([x[:, i :: self.n] for i in range(self.n)], dim=-1)
        return x[:, 0] if x.size(1) == 1 else x


class Norm(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(h)), nn.Parameter(torch.zeros(h))
        self.register_buffer("running_mean", torch.zeros(h))
        self.register_buffer("running_var", torch.ones(h))

    def forward(self, x):
        if self.training:
            dims = tuple(range(x.dim() - 1))
            var, mean = torch.var_mean(x, dim=dims, correction=0)
            with torch.no_grad():
                self.running_mean.lerp_(mean, 0.1)
                self.running_var.lerp_(var, 0.1)
        else:
            var, mean = self.running_var, self.running_mean
        return self.gamma * (x - mean) * torch.rsqrt(var + 1e-5) + self.beta


class WaveLM(nn.Module):
    def __init__(self, V, k=8, *, d, h):
        super().__init__()
        self.C = nn.Parameter(torch.randn(V, d))
        self.out = nn.Linear(h, V)
        depth = round(math.log2(k))
        self.joins = [FlattenConsecutive(2)] * depth
        self.weights = nn.ParameterList(torch.randn(2 * (h if i else d), h) / 8 for i in range(depth))
        self.offsets = nn.ParameterList(torch.randn(h) for _ in range(depth))
        self.norms = nn.ModuleList(Norm(h) for _ in range(depth))

    def forward(self, idx):
        x = self.C[idx]
        for join, w, b, norm in zip(self.joins, self.weights, self.offsets, self.norms):
            x = norm(join(x) @ w + b).tanh()
        return self.out(x)
