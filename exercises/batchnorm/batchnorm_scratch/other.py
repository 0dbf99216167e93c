"""A second honest way: rows flattened first, averages moved in place by lerp, one scale and one shift at the end."""

import torch
from torch import nn


class BatchNorm1d(nn.Module):
    def __init__(self, D, eps=1e-5, momentum=0.1):
        super().__init__()
        self.weight = nn.Parameter(torch.full((D,), 1.0))
        self.bias = nn.Parameter(torch.full((D,), 0.0))
        self.register_buffer("running_mean", self.bias.detach().clone())
        self.register_buffer("running_var", self.weight.detach().clone())
        self.eps = eps
        self.momentum = momentum

    def statistics(self, rows):
        if not self.training:
            return self.running_var, self.running_mean
        var, mean = torch.var_mean(rows, dim=0)
        self.running_mean.lerp_(mean.detach(), self.momentum)
        self.running_var.lerp_(var.detach(), self.momentum)
        return var * ((len(rows) - 1) / len(rows)), mean

    def forward(self, x):
        rows = x.flatten(0, -2)
        var, mean = self.statistics(rows)
        scale = self.weight * torch.rsqrt(var + self.eps)
        return torch.addcmul(self.bias, rows - mean, scale).view_as(x)
