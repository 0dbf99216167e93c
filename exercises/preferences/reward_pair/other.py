"""A second honest way: softplus of the difference, and a place found by the largest real index."""

import torch
import torch.nn.functional as F


def pair_loss(r_win, r_lose):
    return F.softplus(r_lose - r_win).sum() / r_win.numel()


def end_reward(values, mask):
    B, T = values.shape
    place = torch.arange(T, device=values.device).masked_fill(~mask.bool(), -1).amax(dim=1)
    return values[torch.arange(B, device=values.device), place]
