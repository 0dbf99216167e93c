"""The reference: log-probabilities, one picked in each row, and a mean over the rows that count."""

import torch


def cross_entropy(logits, y, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    logp = logits.log_softmax(dim=1)  # (N, C)
    counts = y != ignore_index  # (N,)
    index = torch.where(counts, y, 0)  # a class that exists, in ignored rows too
    picked = logp.gather(1, index[:, None]).squeeze(1)  # (N,)
    losses = -(1 - label_smoothing) * picked - label_smoothing * logp.mean(dim=1)
    losses = torch.where(counts, losses, 0.0)
    if reduction == "none":
        return losses
    total = losses.sum()
    return total if reduction == "sum" else total / counts.sum()
