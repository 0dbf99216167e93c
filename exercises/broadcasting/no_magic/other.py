"""A second honest way: products with tables of zeros and ones, columns where the reference has rows."""

import torch


def column(n, device=None):
    return torch.arange(n, device=device).unsqueeze(1)


def tril_mask(n):
    return ~(column(n) < column(n).T)


def cumsum(x):
    upper = column(x.shape[0], x.device) <= torch.arange(x.shape[0], device=x.device)
    return x @ upper.to(x.dtype)


def bincount(x, k):
    hits = (x.unsqueeze(1) == torch.arange(k, device=x.device)).long()
    return torch.einsum("nk->k", hits)


def seq_mask(lengths, T):
    late = column(T, lengths.device) >= lengths
    return ~late.T
