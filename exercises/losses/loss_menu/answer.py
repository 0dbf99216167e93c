"""The reference: each loss entry by entry, and one function for what `reduction` says."""

import torch


def reduced(losses, reduction):
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.mean()


def bce_with_logits(z, t, reduction="mean"):
    spread = torch.log1p(torch.exp(-z.abs()))  # between 0 and log 2
    return reduced(z.clamp(min=0) - z * t + spread, reduction)


def mse(p, t, reduction="mean"):
    return reduced((p - t) ** 2, reduction)


def nll(logp, y, reduction="mean"):
    rows = torch.arange(len(y), device=y.device)
    return reduced(-logp[rows, y], reduction)
