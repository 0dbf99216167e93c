"""A second honest way: (1 + tanh u) / 2 is a sigmoid of 2u."""

import torch


def gelu(x):
    u = 0.7978845608028654 * x * torch.addcmul(torch.ones_like(x), x, x, value=0.044715)
    return x * torch.sigmoid(2 * u)
