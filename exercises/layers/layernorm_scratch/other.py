"""A second honest way: one call for both statistics, in float32 at least, and a fused multiply-add."""

import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, D, eps=1e-5, bias=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.full((D,), 1.0))
        self.register_parameter("bias", nn.Parameter(torch.full((D,), 0.0)) if bias else None)

    def forward(self, x):
        wide = x if x.dtype == torch.float64 else x.float()
        var, mean = torch.var_mean(wide, dim=-1, correction=0, keepdim=True)
        y = ((wide - mean) * torch.rsqrt(var + self.eps)).to(x.dtype)
        if self.bias is None:
            return y * self.weight
        return torch.addcmul(self.bias, y, self.weight)
