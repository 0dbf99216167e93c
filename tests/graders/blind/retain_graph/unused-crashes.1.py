"""enumerate and autograd.grad."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    rows = []
    for i, loss in enumerate(losses):
        rows.append(list(torch.autograd.grad(loss, params, retain_graph=i < len(losses) - 1)))
    return rows
