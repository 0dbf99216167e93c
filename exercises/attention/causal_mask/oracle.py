"""The oracle: every pair of positions asked on its own."""

import torch


def may(rule, q, k):
    if rule == "causal":
        return k <= q
    kind, value = rule
    if kind == "window":
        return 0 <= q - k < value
    if kind == "prefix":
        return k < value or k <= q
    return bool(value[q] == value[k])


def build_mask(rule, Tq, Tk, device):
    if torch.device(device).type == "meta":  # there are no ids to ask
        return torch.empty(Tq, Tk, dtype=torch.bool, device=device)
    table = [[may(rule, q, k) for k in range(Tk)] for q in range(Tk - Tq, Tk)]
    return torch.tensor(table, device=device)
