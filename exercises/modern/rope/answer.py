"""The reference: one table of angles, and the two halves of every vector as the two coordinates."""

import torch


def apply_rope(x: torch.Tensor, pos: torch.Tensor, base: float = 10_000.0) -> torch.Tensor:
    d = x.shape[-1]
    freq = base ** (-torch.arange(0, d, 2, device=x.device) / d)  # (d/2,)
    angle = pos[:, None] * freq  # (T, d/2)
    cos, sin = angle.cos(), angle.sin()
    a, b = x.chunk(2, dim=-1)  # (B, H, T, d/2)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1).to(x.dtype)
