"""Computes in single precision."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    x = x.float()
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    x = x.float()
    z = x - x.amax(dim, keepdim=True)
    return z - z.exp().sum(dim, keepdim=True).log()
