"""The oracle: plain Python, exact fractions for the borders, each item drawn from what is left."""

import random
from fractions import Fraction
from itertools import accumulate

import torch


def split_indices(n, fracs, seed):
    rng = random.Random(seed)
    left = list(range(n))
    total = sum(map(Fraction, fracs))
    ends = [int(n * share / total + Fraction(1, 2)) for share in accumulate(map(Fraction, fracs))]
    parts = []
    for begin, end in zip([0, *ends], ends):
        parts.append(torch.tensor([left.pop(rng.randrange(len(left))) for _ in range(end - begin)], dtype=torch.int64))
    return parts
