"""One autograd call over the whole list, rows built afterwards."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    grads = torch.autograd.grad(losses, params, allow_unused=True)
    filled = [torch.zeros_like(p) if g is None else g for g, p in zip(grads, params)]
    return [list(filled) for _ in losses]
