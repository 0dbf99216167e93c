"""A second honest way: running sums, divided by how many there are."""

import torch


def prefix_mean(x):
    count = torch.arange(1, x.size(1) + 1, device=x.device).to(x.dtype)
    return x.cumsum(dim=1) / count.unsqueeze(1)
