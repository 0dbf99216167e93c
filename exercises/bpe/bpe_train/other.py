"""A second honest way: a plain dict, the tie settled by hand, and a list that shrinks in place."""

from itertools import pairwise


def train_bpe(data, vocab_size):
    ids, merges = list(bytes(data, "utf-8")), []
    while len(ids) >= 2 and len(merges) < vocab_size - 256:
        pairs = list(pairwise(ids))
        counts = {}
        for p in pairs:
            counts[p] = counts.get(p, 0) + 1
        top = max(counts.values())
        pair = next(p for p in pairs if counts[p] == top)
        at = 0
        while at < len(ids) - 1:
            if (ids[at], ids[at + 1]) == pair:
                ids[at : at + 2] = [256 + len(merges)]
            at += 1
        merges.append(pair)
    return merges
