"""A second honest way: gradients returned by autograd.grad, the weights written through a detached view."""

import torch


def fit_line(x, y, steps, lr):
    params = [torch.zeros([], dtype=x.dtype).requires_grad_() for _ in "wb"]
    losses = []
    for _ in range(steps):
        w, b = params
        loss = (w * x + b).sub(y).square().mean()
        for p, g in zip(params, torch.autograd.grad(loss, params)):
            p.detach().sub_(lr * g)
        losses.append(float(loss))
    return (*params, losses)
