"""The reference: two statistics over all dimensions but the last; averages kept under no_grad."""

import torch
from torch import nn


class BatchNorm1d(nn.Module):
    def __init__(self, D, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(D))
        self.bias = nn.Parameter(torch.zeros(D))
        self.register_buffer("running_mean", torch.zeros(D))
        self.register_buffer("running_var", torch.ones(D))

    def forward(self, x):
        if self.training:
            dims = tuple(range(x.dim() - 1))  # all but the channels
            mean, var = x.mean(dims), x.var(dims, correction=0)
            with torch.no_grad():
                m, n = self.momentum, x[..., 0].numel()
                self.running_mean = (1 - m) * self.running_mean + m * mean
                self.running_var = (1 - m) * self.running_var + m * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        return (x - mean) / torch.sqrt(var + self.eps) * self.weight + self.bias
