"""A second honest way: count in NumPy, each round from scratch."""

import numpy as np


def train_bpe_fast(data, vocab_size):
    ids = np.frombuffer(data.encode("utf-8"), dtype=np.uint8).astype(np.int64)
    merges = []
    for new in range(256, vocab_size):
        if len(ids) < 2:
            break
        both = ids[:-1] * 2**31 + ids[1:]
        pairs, first, counts = np.unique(both, return_index=True, return_counts=True)
        top = np.flatnonzero(counts == counts.max())
        best = pairs[top[first[top].argmin()]]
        hits = np.flatnonzero(both == best)
        if best // 2**31 == best % 2**31:  # in a run every second hit counts, from the run's beginning
            begins = np.flatnonzero(np.diff(hits, prepend=-2) > 1)
            hits = hits[(hits - np.repeat(hits[begins], np.diff([*begins, len(hits)]))) % 2 == 0]
        ids[hits] = new
        ids = np.delete(ids, hits + 1)
        merges.append((int(best // 2**31), int(best % 2**31)))
    return merges
