"""A second honest way: torch's own padding, and a mask from the lengths."""

import torch
from torch.nn.utils.rnn import pad_sequence


def collate(batch, pad_id, ignore=-100, side="right"):
    xs, ys = zip(*batch, strict=True)
    x = pad_sequence(list(xs), batch_first=True, padding_value=pad_id, padding_side=side)
    y = pad_sequence(list(ys), batch_first=True, padding_value=ignore, padding_side=side)
    lengths = torch.tensor([len(each) for each in xs])
    mask = torch.arange(x.shape[1]) < lengths[:, None]
    return x, y, mask if side == "right" else mask.flip(1)
