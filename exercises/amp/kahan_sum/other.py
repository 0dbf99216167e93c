"""A second honest way: add in float32, keep what the rounding to bfloat16 left out; comp has the other sign."""

import torch


def kahan_add_(p: torch.Tensor, upd: torch.Tensor, comp: torch.Tensor) -> None:
    total = p.float() + (upd.float() + comp.float())
    p[...] = total.bfloat16()
    comp[...] = (total - p.float()).bfloat16()
