"""The oracle: torch's own linear layer, run again on the way back, and torch's own sum_to_size."""

import torch


def unbroadcast(g, shape):
    return g.sum_to_size(shape)


class LinearFn(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, W, b):
        ctx.save_for_backward(x, W)
        return torch.nn.functional.linear(x, W, b)

    @staticmethod
    def backward(ctx, g):
        needs = ctx.needs_input_grad
        with torch.enable_grad():
            x, W = (t.detach().requires_grad_(need) for t, need in zip(ctx.saved_tensors, needs))
            b = torch.zeros_like(W[:, 0]).detach().requires_grad_(needs[2])
            y = torch.nn.functional.linear(x, W, b)
            wanted = [t for t in (x, W, b) if t.requires_grad]
            found = iter(torch.autograd.grad(y, wanted, g))
        return tuple(next(found) if need else None for need in needs)
