"""Straight from the formula, method calls."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    e = x.exp()
    return e / e.sum(dim, keepdim=True)


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x - x.exp().sum(dim, keepdim=True).log()
