"""A second honest way: a weight of 1/count in each real place, and one product of [1, T] with [T, D] a row."""

import torch


def masked_mean(x, mask):
    weights = mask.to(x.dtype)
    weights = weights / torch.maximum(weights.sum(-1, keepdim=True), torch.ones_like(weights[:, :1]))
    clean = torch.where(mask.unsqueeze(-1), x, torch.zeros_like(x))
    return torch.bmm(weights.unsqueeze(1), clean).squeeze(1)
