"""A second honest way: drop the ignored rows, write the targets out as a table, put the losses back at the end."""

import torch


def cross_entropy(logits, y, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    kept = (y != ignore_index).nonzero().flatten()
    rows, classes = logits[kept], y[kept]
    n, c = rows.shape
    target = torch.full_like(rows, label_smoothing / c)
    target[torch.arange(n), classes] += 1 - label_smoothing
    losses = torch.logsumexp(rows, 1) - (target * rows).sum(1)
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    return logits.new_zeros(len(y)).index_add(0, kept, losses)
