"""The oracle: each function with its derivative written out."""

import torch


class _Known(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, value, slope):
        ctx.save_for_backward(slope)
        return value.clone()

    @staticmethod
    def backward(ctx, up):
        return up * ctx.saved_tensors[0], None, None


def f1(x):
    e = x.detach().exp()
    return _Known.apply(x, e + 1, e)


def f2(x):
    d = x.detach()
    on = (d > 0).to(d.dtype)
    return _Known.apply(x, d * on, on)


def f3(x):
    d = x.detach()
    s = 1 / (1 + (-d).exp())
    slope = s + d * s * (1 - s)
    slope[0], s[0] = 1, 1
    return _Known.apply(x, d * s, slope)
