"""Loop with every autograd option spelled out."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    rows = []
    n = len(losses)
    for i in range(n):
        g = torch.autograd.grad(losses[i], params, retain_graph=i < n - 1, create_graph=True, allow_unused=True)
        rows.append([torch.zeros_like(p) if gi is None else gi for p, gi in zip(params, g)])
    return rows
