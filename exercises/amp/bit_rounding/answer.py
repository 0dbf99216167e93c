"""The reference: add just under half of what is dropped, plus the last kept bit, and clear the dropped bits."""

import torch


def round_mantissa(x: torch.Tensor, keep: int) -> torch.Tensor:
    if keep == 23:
        return x.clone()
    drop = 23 - keep
    bits = x.view(torch.int32)
    odd = (bits >> drop) & 1
    half = 1 << (drop - 1)
    rounded = (bits + (half - 1) + odd) & -(1 << drop)
    return torch.where(x.isnan(), x, rounded.view(torch.float32))
