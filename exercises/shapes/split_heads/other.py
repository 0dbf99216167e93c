"""A second honest way: a window that slides over the channels in steps of its own width; heads put side by side."""

import torch


def split_heads(x, n):
    if n < 1 or x.shape[2] % n:
        raise ValueError(f"{n} heads do not divide {x.shape[2]} channels")
    width = x.shape[2] // n
    return x.unfold(2, width, width).movedim(2, 1)


def merge_heads(y):
    return torch.cat(y.unbind(1), dim=-1)
