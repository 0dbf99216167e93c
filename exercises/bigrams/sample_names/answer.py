"""The reference: from the boundary, one row of P at a time, until a boundary is drawn or the name is long enough."""

import torch


def sample(P, n, gen, max_len=100):
    letters = ".abcdefghijklmnopqrstuvwxyz"
    names = []
    for _ in range(n):
        i, name = 0, ""
        while len(name) < max_len:
            i = torch.multinomial(P[i], 1, generator=gen).item()
            if i == 0:
                break
            name += letters[i]
        names.append(name)
    return names
