"""The reference: masks and shifts; groups as a dimension of their own."""

import torch


def pack(q: torch.Tensor) -> torch.Tensor:
    if q.shape[1] % 2:
        raise ValueError(f"{q.shape[1]} columns cannot be paired")
    bits = q.to(torch.uint8) & 15  # the low four bits, sign and all
    return bits[:, ::2] | bits[:, 1::2] << 4


def unpack(packed: torch.Tensor) -> torch.Tensor:
    bits = torch.stack([packed & 15, packed >> 4], dim=2).flatten(1)  # (O, I), 0 … 15
    return (bits.to(torch.int8) ^ 8) - 8  # 8 … 15 stand for −8 … −1


def quantize(w: torch.Tensor, group: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    if w.shape[1] % group:
        raise ValueError(f"{w.shape[1]} columns are no whole number of groups of {group}")
    parts = w.unflatten(1, (-1, group))  # (O, I / group, group)
    scale = parts.abs().amax(2).clamp(min=torch.finfo(w.dtype).tiny) / 7
    q = (parts / scale[..., None]).round().to(torch.int8)
    return pack(q.flatten(1)), scale


def dequantize(packed: torch.Tensor, scale: torch.Tensor, group: int = 32) -> torch.Tensor:
    return unpack(packed) * scale.repeat_interleave(group, dim=1)
