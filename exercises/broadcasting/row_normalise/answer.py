"""The reference: smooth, sum along each row, keep the dimension, divide where there is something to divide by."""

import torch


def row_normalise(counts: torch.Tensor, alpha: float = 0.0) -> torch.Tensor:
    smoothed = counts.float() + alpha  # (R, C)
    totals = smoothed.sum(1, keepdim=True)  # (R, 1): beside its row
    return torch.where(totals > 0, smoothed / totals, 0.0)
