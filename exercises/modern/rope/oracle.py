"""The oracle: a pair is one complex number, a turn is one product."""

import torch


def apply_rope(x, pos, base=10_000.0):
    wide, half = x.double(), x.shape[-1] // 2
    i = torch.arange(half, device=x.device, dtype=torch.float64)
    angle = pos.double()[:, None] * torch.exp(-i / half * torch.log(torch.tensor(base, dtype=torch.float64)))
    z = torch.complex(wide[..., :half].contiguous(), wide[..., half:].contiguous())
    z = z * torch.polar(torch.ones_like(angle), angle)
    return torch.cat([z.real, z.imag], dim=-1).to(x.dtype)
