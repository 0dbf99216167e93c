"""The reference: each word between two boundary symbols, and one more for every pair."""

from itertools import pairwise

import torch


def bigram_counts(words, stoi):
    counts = torch.zeros(len(stoi), len(stoi), dtype=torch.int64)
    for word in words:
        symbols = [".", *word, "."]
        for a, b in pairwise(symbols):
            counts[stoi[a], stoi[b]] += 1
    return counts
