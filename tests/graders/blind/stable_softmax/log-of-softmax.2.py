"""Moves the dimension to the back; both functions written out."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    y = x.movedim(dim, -1)
    e = (y - y.max(-1, keepdim=True).values).exp()
    return (e / e.sum(-1, keepdim=True)).movedim(-1, dim)


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    y = x.movedim(dim, -1)
    e = (y - y.max(-1, keepdim=True).values).exp()
    p = e / e.sum(-1, keepdim=True)
    return p.log().movedim(-1, dim)
