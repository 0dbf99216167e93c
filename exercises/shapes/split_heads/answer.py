"""The reference: cut the channels into heads where they lie, and let two dimensions change places."""

import torch


def split_heads(x: torch.Tensor, n: int) -> torch.Tensor:
    B, T, C = x.shape
    return x.view(B, T, n, C // n).transpose(1, 2)


def merge_heads(y: torch.Tensor) -> torch.Tensor:
    return y.transpose(1, 2).flatten(2)
