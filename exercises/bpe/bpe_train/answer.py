"""The reference: count, take the best, merge, until the vocabulary is full or nothing is left."""

from collections import Counter
from itertools import pairwise


def pair_counts(ids):
    return Counter(pairwise(ids))


def merge(ids, pair, new):
    out = []
    i = 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def train_bpe(data, vocab_size):
    ids = [*data.encode("utf-8")]
    merges = []
    for new in range(256, vocab_size):
        counts = pair_counts(ids)
        if not counts:
            break
        best = max(counts, key=counts.get)  # the first of the largest: keys stand in the order of their occurrence
        ids = merge(ids, best, new)
        merges.append(best)
    return merges
