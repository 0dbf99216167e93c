"""The oracle: torch's own functions, running sums of ones where it has none."""

import torch


def tril_mask(n):
    return torch.ones(n, n).tril().bool()


def cumsum(x):
    return torch.cumsum(x, 0)


def bincount(x, k):
    return torch.bincount(x, minlength=k)


def seq_mask(lengths, T):
    return torch.ones(len(lengths), T, device=lengths.device).cumsum(1) <= lengths[:, None]
