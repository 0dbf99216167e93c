"""A split into parts that share nothing and lose nothing."""

import torch


def split_indices(n: int, fracs: list[float], seed: int) -> list[torch.Tensor]:
    """Deal the numbers 0 … n − 1 out to len(fracs) parts, by chance.

    n: how many items there are, at least 1
    fracs: the share of each part, two or more, each in [0, 1]; they add up to 1, within 1e-9
    seed: 0 or more; the same seed gives the same parts, another seed gives other ones
    returns: a list with one tensor [n_k] int64 for each share, in the order of fracs. Every number is in exactly one
        part. The size n_k differs from n · fracs[k] by at most 1; it may be 0

    Chance decides which part an item goes to: with many items, no part is a block of neighbors such as 10 … 19,
    sorted or not.

    The draw has a generator of its own: the global random numbers of torch, NumPy and `random` go on afterwards as if
    nothing had been drawn.

    Example: split_indices(10, [0.8, 0.1, 0.1], seed=1) might be the tensors [3, 0, 9, 5, 1, 8, 2, 6], [7] and [4].
    """
    raise NotImplementedError  # TODO
