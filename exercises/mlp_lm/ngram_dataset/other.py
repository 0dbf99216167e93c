"""A second honest way: one vector a word with its padding, and all windows of k + 1 cut out of it at once."""

import torch


def build(words, k, stoi):
    windows = [torch.empty(0, k + 1, dtype=torch.long)]
    for word in words:
        ids = torch.tensor([0] * k + [stoi[c] for c in word] + [0])
        windows.append(ids.unfold(0, k + 1, 1))
    table = torch.cat(windows)
    return table[:, :k], table[:, k]
