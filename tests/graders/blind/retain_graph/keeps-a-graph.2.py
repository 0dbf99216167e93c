"""Nested helper and materialized zeros."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    def row(loss):
        return list(
            torch.autograd.grad(loss, params, create_graph=True, allow_unused=True, materialize_grads=True)
        )

    return [row(loss) for loss in losses]
