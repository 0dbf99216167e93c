"""Short methods."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    e = (x - x.max()).exp()
    return e / e.sum(dim=dim, keepdim=True)


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    z = x - x.max()
    return z - z.exp().sum(dim=dim, keepdim=True).log()
