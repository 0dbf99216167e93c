"""A second honest way: all names grow together, a column of letters at a time."""

import torch


def sample(P, n, gen, max_len=100):
    now = torch.zeros(n, dtype=torch.int64)
    drawn = torch.zeros(n, 0, dtype=torch.int64)
    alive = torch.ones(n, dtype=torch.bool)
    while alive.any() and drawn.shape[1] < max_len:
        now = torch.multinomial(P[now], 1, replacement=True, generator=gen).squeeze(1)
        alive &= now != 0
        now = now * alive
        drawn = torch.cat([drawn, now[:, None]], dim=1)
    return ["".join(chr(96 + i) for i in row if i) for row in drawn.tolist()]
