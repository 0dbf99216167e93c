"""The reference: a triangle of weights whose rows sum to 1, and one product."""

import torch


def prefix_mean(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype, device=x.device).tril()
    return weights / weights.sum(1, keepdim=True) @ x  # (T, T) @ (B, T, C)
