"""The oracle: autograd itself."""

import torch


def numgrad(f, x, h=1e-6):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]
