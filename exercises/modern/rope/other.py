"""A second honest way, as Llama's code has it: tables of full width, and a helper that swaps the halves."""

import torch


def rotate_half(x):
    half = x.shape[-1] // 2
    return torch.cat((-x[..., half:], x[..., :half]), dim=-1)


def apply_rope(x, pos, base=10_000.0):
    d = x.shape[-1]
    inverse = 1.0 / base ** (torch.arange(0, d, 2, dtype=torch.float32, device=x.device) / d)
    table = torch.outer(pos.float(), inverse)
    table = torch.cat((table, table), dim=-1)[None, None]  # (1, 1, T, d)
    return x * table.cos().to(x.dtype) + rotate_half(x) * table.sin().to(x.dtype)
