"""The oracle: ids as characters, counted by NumPy's bincount, merged by Python's own str.replace."""

import numpy as np


def train_bpe_fast(data, vocab_size):
    text, merges = data.encode().decode("latin-1"), []
    while len(text) > 1 and len(merges) + 256 < vocab_size:
        ids = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.int64)
        known, short = np.unique(ids, return_inverse=True)
        both = short[:-1] * len(known) + short[1:]
        counts = np.bincount(both)
        best = both[np.argmax(counts[both] == counts.max())]
        pair = (int(known[best // len(known)]), int(known[best % len(known)]))
        text = text.replace(chr(pair[0]) + chr(pair[1]), chr(256 + len(merges)))
        merges.append(pair)
    return merges
