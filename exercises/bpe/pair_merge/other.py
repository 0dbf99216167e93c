"""A second honest way: a Counter over positions, and a copy that shrinks in place."""

from collections import Counter


def pair_counts(ids):
    return Counter((ids[i], ids[i + 1]) for i in range(len(ids) - 1))


def merge(ids, pair, new):
    mine, i = list(ids), 0
    while i < len(mine) - 1:
        if mine[i] == pair[0] and mine[i + 1] == pair[1]:
            mine[i : i + 2] = [new]
        i += 1
    return mine
