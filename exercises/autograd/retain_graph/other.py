"""A second honest way: all losses at once, with a stack of upstream vectors through one batched backward."""

import torch


def grads_per_loss(params, losses):
    stacked = torch.stack(losses)
    upstream = torch.eye(len(losses), dtype=stacked.dtype)
    grads = torch.autograd.grad(stacked, params, upstream, is_grads_batched=True, allow_unused=True)
    rows = []
    for row in range(len(losses)):
        rows.append([torch.zeros_like(p) if g is None else g[row].clone() for p, g in zip(params, grads)])
    return rows
