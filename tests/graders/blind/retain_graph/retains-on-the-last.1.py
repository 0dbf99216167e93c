"""List comprehension over autograd.grad."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    rows = [torch.autograd.grad(loss, params, retain_graph=True, allow_unused=True) for loss in losses]
    return [[g if g is not None else torch.zeros_like(p) for g, p in zip(row, params)] for row in rows]
