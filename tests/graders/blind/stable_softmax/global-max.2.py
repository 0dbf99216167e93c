"""A shared helper for shifting and summing."""

import torch


def _parts(x, dim):
    biggest = torch.amax(x)
    shifted = torch.sub(x, biggest)
    return shifted, torch.exp(shifted).sum(dim).unsqueeze(dim)


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    z, s = _parts(x, dim)
    return torch.exp(z) / s


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    z, s = _parts(x, dim)
    return z - torch.log(s)
