"""Collects rows, then zip."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    rows = []
    for i, loss in enumerate(losses):
        gs = torch.autograd.grad(loss, params, retain_graph=i < len(losses) - 1, allow_unused=True)
        rows.append([torch.zeros_like(p) if g is None else g for g, p in zip(gs, params)])
    return [list(col) for col in zip(*rows)]
