"""amax and sum with keepdim."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    m = x.amax(-1, keepdim=True)
    e = torch.exp(x - m)
    return e / e.sum(-1, keepdim=True)


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    z = x - x.amax(-1, keepdim=True)
    return z - torch.exp(z).sum(-1, keepdim=True).log()
