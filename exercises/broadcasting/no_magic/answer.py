"""The reference: every one of the four is a comparison of two ranges, laid across each other."""

import torch


def tril_mask(n: int) -> torch.Tensor:
    i = torch.arange(n)
    return i[:, None] >= i  # (n, 1) against (n,)


def cumsum(x: torch.Tensor) -> torch.Tensor:
    i = torch.arange(len(x), device=x.device)
    return torch.where(i[:, None] >= i, x, 0).sum(1)  # row i keeps x[0] … x[i]


def bincount(x: torch.Tensor, k: int) -> torch.Tensor:
    values = torch.arange(k, device=x.device)
    return (values[:, None] == x).sum(1)  # (k, 1) against (N,)


def seq_mask(lengths: torch.Tensor, T: int) -> torch.Tensor:
    return torch.arange(T, device=lengths.device) < lengths[:, None]  # (T,) against (B, 1)
