"""One list per parameter, filled loss by loss."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    table = [[] for _ in params]
    remaining = len(losses)
    for loss in losses:
        remaining -= 1
        grads = torch.autograd.grad(
            loss, params, retain_graph=remaining > 0, allow_unused=True, materialize_grads=True
        )
        for cell, g in zip(table, grads):
            cell.append(g)
    return table
