"""The reference: put zeros in the hidden places, sum, divide by how many were real."""

import torch


def masked_mean(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    total = x.masked_fill(~mask[:, :, None], 0).sum(1)  # (B, D)
    count = mask.sum(1, keepdim=True)  # (B, 1)
    return total / count.clamp(min=1)
