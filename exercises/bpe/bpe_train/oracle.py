"""The oracle: ids as characters, NumPy's table of distinct pairs, and Python's own str.replace."""

import numpy as np


def train_bpe(data, vocab_size):
    text, merges = data.encode().decode("latin-1"), []
    while len(text) > 1 and len(merges) + 256 < vocab_size:
        ids = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.int64)
        pairs, first, counts = np.unique(ids[:-1] << 32 | ids[1:], return_index=True, return_counts=True)
        best = min(range(len(pairs)), key=lambda i: (-counts[i], first[i]))
        left, right = int(pairs[best] >> 32), int(pairs[best] & 0xFFFFFFFF)
        text = text.replace(chr(left) + chr(right), chr(256 + len(merges)))
        merges.append((left, right))
    return merges
