"""The reference: both ways are computed, and one is taken; nothing asks a tensor for its value."""

import torch


def relu_or_abs(x: torch.Tensor, flag: torch.Tensor) -> torch.Tensor:
    return torch.where(flag, x.relu(), x.abs())


def clip_norm(x: torch.Tensor, max_norm: float) -> torch.Tensor:
    return x * (max_norm / x.norm()).clamp(max=1)


def center(x: torch.Tensor) -> torch.Tensor:
    return x - x.mean(-1, keepdim=True)


def _gate(h: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(1.702 * h)


def gated(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    h = x @ w
    return x + h * _gate(h)
