"""The reference: Kahan's three lines, all in bfloat16; comp holds what p has too much."""

import torch


def kahan_add_(p: torch.Tensor, upd: torch.Tensor, comp: torch.Tensor) -> None:
    y = upd - comp
    t = p + y
    comp.copy_((t - p) - y)
    p.copy_(t)
