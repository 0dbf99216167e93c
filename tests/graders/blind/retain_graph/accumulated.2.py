"""autograd.grad with a buffer per parameter."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    buffers = [torch.zeros_like(p) for p in params]
    out = []
    last = len(losses) - 1
    for i, loss in enumerate(losses):
        grads = torch.autograd.grad(loss, params, retain_graph=(i < last), allow_unused=True)
        for buf, g in zip(buffers, grads):
            if g is not None:
                buf += g
        out.append([buf.clone() for buf in buffers])
    return out
