"""Plain backward() after clearing .grad."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    rows = []
    for i, loss in enumerate(losses):
        for p in params:
            p.grad = None
        loss.backward(retain_graph=i + 1 < len(losses))
        row = []
        for p in params:
            row.append(p.grad.detach().clone() if p.grad is not None else torch.zeros_like(p))
        rows.append(row)
    return rows
