"""The oracle: each number's bits as a Python integer, cut in two, the remainder compared with a half."""

import struct

import torch


def one(x: float, keep: int) -> float:
    if x != x:
        return x
    (bits,) = struct.unpack("<I", struct.pack("<f", x))
    step = 2 ** (23 - keep)
    kept, rest = divmod(bits % 2**31, step)
    kept += rest * 2 > step or (rest * 2 == step and kept % 2 == 1)
    return struct.unpack("<f", struct.pack("<I", bits // 2**31 * 2**31 + kept * step))[0]


def round_mantissa(x, keep):
    values = [one(v, keep) for v in x.reshape(-1).tolist()]
    return torch.tensor(values, dtype=torch.float32).reshape(x.shape)
