"""All losses in one batched call with one-hot rows."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    stacked = torch.stack(losses)
    onehot = torch.eye(len(losses), dtype=stacked.dtype, device=stacked.device)
    grads = torch.autograd.grad(
        stacked, params, grad_outputs=onehot, retain_graph=True, is_grads_batched=True, allow_unused=True
    )
    rows = []
    for l in range(len(losses)):
        rows.append([torch.zeros_like(p) if g is None else g[l].clone() for g, p in zip(grads, params)])
    return rows
