"""The oracle: the formulas entry by entry, in one graph too, for a graph may hold loops of a known length."""

import torch


def relu_or_abs(x, flag):
    positive = x * (x > 0)
    return positive - (x - positive) * torch.logical_not(flag)


def clip_norm(x, max_norm):
    norm = (x * x).sum() ** 0.5
    return x * torch.minimum(torch.ones_like(norm), max_norm / norm)


def center(x):
    mean = torch.zeros_like(x[..., 0])
    for c in range(x.shape[-1]):
        mean = mean + x[..., c] / x.shape[-1]
    return x - mean.unsqueeze(-1)


def gated(x, w):
    h = (x.unsqueeze(2) * w).sum(1)
    return x + h / (1 + (-1.702 * h).exp())
