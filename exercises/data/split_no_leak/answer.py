"""The reference: one permutation from a private generator, cut at rounded running sums."""

import torch


def split_indices(n, fracs, seed):
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    parts, begin, share = [], 0, 0.0
    for frac in fracs:
        share += frac
        end = round(n * share)
        parts.append(order[begin:end])
        begin = end
    return parts
