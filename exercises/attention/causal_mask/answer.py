"""The reference: the positions of queries and keys, compared."""

import torch


def build_mask(rule, Tq: int, Tk: int, device) -> torch.Tensor:
    k = torch.arange(Tk, device=device)
    q = k[Tk - Tq :, None]  # the last Tq positions, as a column
    if rule == "causal":
        return k <= q
    kind, value = rule
    if kind == "window":
        return (k <= q) & (q - k < value)
    if kind == "prefix":
        return (k <= q) | (k < value)
    return value[q] == value
