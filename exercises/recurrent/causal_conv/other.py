"""A second honest way: one shifted copy of x for each tap, and a product over channels."""

import torch


def causal_conv1d(x, w, dilation=1):
    B, _, T = x.shape
    y = x.new_zeros(B, w.size(0), T)
    for k in range(w.size(2)):
        back = (w.size(2) - 1 - k) * dilation
        if back < T:
            y[:, :, back:] += torch.einsum("oc,bct->bot", w[:, :, k], x[:, :, : T - back])
    return y
