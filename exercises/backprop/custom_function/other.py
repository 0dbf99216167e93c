"""A second honest way: the newer form with setup_context, einsum for every product, sums one dimension at a time."""

import torch


def unbroadcast(g, shape):
    while g.dim() > len(shape):
        g = g.sum(0)
    for dim in range(len(shape)):
        if g.shape[dim] != shape[dim]:
            g = g.sum(dim, keepdim=True)
    return g


class LinearFn(torch.autograd.Function):
    @staticmethod
    def forward(x, W, b):
        return torch.einsum("...i,oi->...o", x, W) + b

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, W, _ = inputs
        ctx.save_for_backward(x, W)

    @staticmethod
    def backward(ctx, g):
        grads = [None, None, None]
        x, W = ctx.saved_tensors
        if ctx.needs_input_grad[0]:
            grads[0] = torch.einsum("...o,oi->...i", g, W)
        if ctx.needs_input_grad[1]:
            grads[1] = torch.einsum(
                "no,ni->oi", g.flatten(0, -2) if g.dim() > 1 else g[None], x.reshape(-1, x.shape[-1])
            )
        if ctx.needs_input_grad[2]:
            grads[2] = unbroadcast(g, (g.shape[-1],))
        return tuple(grads)
