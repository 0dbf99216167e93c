"""Fills a preallocated result, slice by slice."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    y = x.movedim(dim, -1)
    flat = y.reshape(-1, y.shape[-1])
    out = torch.zeros(flat.shape, dtype=torch.float32, device=x.device)
    for i, row in enumerate(flat):
        e = torch.exp(row - torch.max(row))
        out[i] = e / torch.sum(e)
    return out.reshape(y.shape).movedim(-1, dim)


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    y = x.movedim(dim, -1)
    flat = y.reshape(-1, y.shape[-1])
    out = torch.zeros(flat.shape, dtype=torch.float32, device=x.device)
    for i, row in enumerate(flat):
        z = row - torch.max(row)
        out[i] = z - torch.log(torch.sum(torch.exp(z)))
    return out.reshape(y.shape).movedim(-1, dim)
