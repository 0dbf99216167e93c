"""A second honest way, without bits: divide by the spacing at x in float64, round half to even, multiply again."""

import torch


def round_mantissa(x: torch.Tensor, keep: int) -> torch.Tensor:
    wide = x.double()
    exponent = torch.frexp(wide).exponent.clamp(min=-125) - 1  # subnormals share the spacing of the smallest normals
    spacing = torch.ldexp(torch.ones_like(wide), exponent - keep)
    near = (wide / spacing).round() * spacing
    return torch.where(x.isfinite(), near.float(), x)
