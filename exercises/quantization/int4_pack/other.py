"""A second honest way: arithmetic in place of bits, loops over groups."""

import torch


def pack(q):
    if q.shape[-1] % 2 == 1:
        raise ValueError("odd")
    positive = torch.where(q < 0, q.int() + 16, q.int()).reshape(q.shape[0], -1, 2)
    return (positive[:, :, 0] + 16 * positive[:, :, 1]).to(torch.uint8)


def unpack(packed):
    wide = packed.int()
    out = torch.empty(packed.shape[0], 2 * packed.shape[1], dtype=torch.int8)
    for start, values in ((0, wide % 16), (1, wide // 16)):
        out[:, start::2] = torch.where(values > 7, values - 16, values).to(torch.int8)
    return out


def quantize(w, group=32):
    if w.shape[1] % group:
        raise ValueError("no whole groups")
    scales, rows = [], []
    for part in w.split(group, dim=1):
        top = part.abs().max(1, keepdim=True).values
        scale = torch.where(top == 0, torch.ones_like(top), top / 7)
        rows.append(torch.round(part / scale).clamp(-7, 7))
        scales.append(scale)
    return pack(torch.cat(rows, 1).to(torch.int8)), torch.cat(scales, 1)


def dequantize(packed, scale, group=32):
    whole = unpack(packed).float().view(scale.shape[0], scale.shape[1], group)
    return (whole * scale.unsqueeze(2)).flatten(1)
