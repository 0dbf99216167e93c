"""A second honest way: one strided view of all windows of T + 1 tokens, which indexes itself."""

import torch
from torch.utils.data import Dataset


class TokenWindows(Dataset):
    def __init__(self, tokens, T, stride=None):
        step = T if stride is None else stride
        fits = tokens.numel() > T
        self.rows = tokens.unfold(0, T + 1, step) if fits else torch.empty(0, T + 1, dtype=tokens.dtype)

    def __len__(self):
        return self.rows.size(0)

    def __getitem__(self, i):
        row = self.rows[i]
        return row[:-1], row[1:]
