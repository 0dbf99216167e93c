"""The oracle: a Counter of pairs of symbols, written into nested lists."""

from collections import Counter

import torch


def bigram_counts(words, stoi):
    seen = Counter(pair for word in words for pair in zip("." + word, word + "."))
    rows = [[seen[a, b] for b in sorted(stoi, key=stoi.get)] for a in sorted(stoi, key=stoi.get)]
    return torch.tensor(rows, dtype=torch.int64)
