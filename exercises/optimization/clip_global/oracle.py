"""The oracle: all gradients as one long vector."""

import torch


def clip_(params, max_norm):
    held = [p for p in params if p.grad is not None]
    if not held:
        return 0.0
    long = torch.cat([p.grad.reshape(-1).to(torch.float64) for p in held])
    norm = long.dot(long).sqrt()
    if not bool(torch.isfinite(norm)) or norm <= max_norm:
        return norm
    parts = (long / norm * max_norm).split([p.grad.numel() for p in held])
    for p, part in zip(held, parts):
        p.grad.copy_(part.view(p.grad.shape))
    return norm
