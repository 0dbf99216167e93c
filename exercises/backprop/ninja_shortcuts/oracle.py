"""The oracle: autograd through the forward passes, in float64."""

import torch


def ce_backward(logits, y):
    z = logits.double().requires_grad_()
    torch.nn.functional.cross_entropy(z, y).backward()
    return z.grad.to(logits.dtype)


def bn_backward(dout, x, gamma, eps):
    a, g = x.double().requires_grad_(), gamma.double().requires_grad_()
    b = torch.zeros_like(g, requires_grad=True)
    out = g * (a - a.mean(0)) / torch.sqrt(a.var(0) + eps) + b
    out.backward(dout.double())
    return a.grad.to(x.dtype), g.grad.to(x.dtype), b.grad.to(x.dtype)
