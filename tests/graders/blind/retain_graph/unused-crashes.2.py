"""Keyword-heavy, a queue of losses, None replaced by zeros."""

from collections import deque

import torch
from torch.autograd import grad


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    todo = deque(losses)
    result = []
    while todo:
        loss = todo.popleft()
        grads = grad(outputs=loss, inputs=tuple(params), retain_graph=bool(todo), create_graph=False)
        result.append([torch.zeros_like(p) if g is None else g.detach() for p, g in zip(params, grads)])
    return result
