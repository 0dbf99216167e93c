"""The reference: full tables first, then each sequence written into its row."""

import torch


def collate(batch, pad_id, ignore=-100, side="right"):
    B, T = len(batch), max(len(x) for x, _ in batch)
    xs = torch.full((B, T), pad_id)
    ys = torch.full((B, T), ignore)
    mask = torch.zeros(B, T, dtype=torch.bool)
    for row, (x, y) in enumerate(batch):
        t = len(x)
        place = slice(0, t) if side == "right" else slice(T - t, T)
        xs[row, place] = x
        ys[row, place] = y
        mask[row, place] = True
    return xs, ys, mask
