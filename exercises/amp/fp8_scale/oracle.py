"""The oracle: all 256 codes of float8_e4m3fn in a table; each entry takes the nearest one."""

import torch

CODES = torch.arange(256, dtype=torch.uint8)
TABLE = CODES.view(torch.float8_e4m3fn).double().nan_to_num(nan=1e9)


def to_fp8(x):
    top = max((abs(v) for v in x.reshape(-1).tolist()), default=0.0)
    scale = top / 448 or 1.0
    codes = [(TABLE - v / scale).abs().argmin() for v in x.double().reshape(-1)]
    q = CODES[torch.stack(codes)].view(torch.float8_e4m3fn).reshape(x.shape)
    return q, torch.tensor(scale, dtype=torch.float32)


def from_fp8(q, scale):
    return (TABLE[q.contiguous().view(torch.uint8).long()] * scale.double()).float()
