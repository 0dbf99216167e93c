"""A second honest way: parameters registered by name, torch's initializer, einsum, and a bias that is always asked."""

import math

import torch
from torch import nn


class Linear(nn.Module):
    def __init__(self, d_in, d_out, bias=True):
        super().__init__()
        self.register_parameter("weight", nn.Parameter(torch.zeros(d_out, d_in)))
        self.register_parameter("bias", nn.Parameter(torch.zeros(d_out)) if bias else None)
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if bias:
            nn.init.uniform_(self.bias, -1 / math.sqrt(d_in), 1 / math.sqrt(d_in))

    def forward(self, x):
        out = torch.einsum("...i,oi->...o", x, self.weight)
        if self.bias is not None:
            out = out + self.bias
        return out
