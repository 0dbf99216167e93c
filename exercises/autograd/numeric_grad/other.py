"""A second honest way: a fourth-order stencil, with all the bumps made at once from the unit vectors."""

import torch


@torch.no_grad()
def numgrad(f, x, h=1e-6):
    x = x.detach()
    h = max(h, 1e-4)  # four points allow, and want, a wider step
    bumps = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    slopes = []
    for bump in bumps:
        near = f(x + h * bump) - f(x - h * bump)
        far = f(x + 2 * h * bump) - f(x - 2 * h * bump)
        slopes.append((8 * near - far) / (12 * h))
    return torch.stack(slopes).reshape(x.shape)
