"""backward() into .grad, with the old .grad put aside and put back."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    saved = [p.grad for p in params]
    for p in params:
        p.grad = None
    rows = []
    for i, loss in enumerate(losses):
        loss.backward(retain_graph=i < len(losses) - 1, inputs=params)
        rows.append([torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in params])
    for p, g in zip(params, saved):
        p.grad = g
    return rows
