"""The oracle: one uniform number a symbol, looked up in the running sums of its row."""

import string
from bisect import bisect_right
from itertools import accumulate

import torch


def sample(P, n, gen, max_len=100):
    sums = [list(accumulate(row)) for row in P.double().tolist()]
    names = []
    while len(names) < n:
        name, at = [], 0
        for _ in range(max_len):
            u = torch.rand((), generator=gen, dtype=torch.float64).item()
            at = min(bisect_right(sums[at], u * sums[at][-1]), len(sums) - 1)
            if at == 0:
                break
            name.append(string.ascii_lowercase[at - 1])
        names.append("".join(name))
    return names
