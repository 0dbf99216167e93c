"""A second honest way: a product for each gate, and the state written on a copy."""

import torch
import torch.nn.functional as F


def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[-1]
    pre = []
    for k in range(4):
        rows = slice(k * H, (k + 1) * H)
        pre.append(F.linear(torch.cat([x, h], 1), torch.cat([W_ih[rows], W_hh[rows]], 1), b_ih[rows] + b_hh[rows]))
    keep, write, show = torch.sigmoid(torch.stack([pre[1], pre[0], pre[3]])).unbind(0)
    new = torch.addcmul(keep * c, write, pre[2].tanh())
    return torch.tanh(new) * show, new


def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    H = h.size(1)
    a = torch.einsum("bi,gi->bg", x, W_ih) + b_ih[None]
    b = torch.einsum("bh,gh->bg", h, W_hh) + b_hh[None]
    gates = (a[:, : 2 * H] + b[:, : 2 * H]).sigmoid()
    new = (a[:, 2 * H :] + gates[:, :H] * b[:, 2 * H :]).tanh()
    return torch.lerp(new, h, gates[:, H:])
