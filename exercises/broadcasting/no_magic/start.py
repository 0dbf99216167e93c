"""Four functions of torch, rebuilt from comparisons: no loop, and none of the functions themselves."""

import torch

# Allowed: arange, broadcasting, comparisons, where, @ and sum; and, as everywhere, casts, shapes, indexing with None.


def tril_mask(n: int) -> torch.Tensor:
    """The lower triangle, diagonal included.

    n: at least 1
    returns: bool [n, n]; entry [i, j] is True where j ≤ i

    Example: tril_mask(2) is [[True, False], [True, True]].
    """
    raise NotImplementedError  # TODO


def cumsum(x: torch.Tensor) -> torch.Tensor:
    """Running sums: entry i is x[0] + … + x[i].

    x: float32, float64 or int64 [N]
    returns: [N], x's dtype and device

    Example: cumsum(torch.tensor([3, 1, 5])) is [3, 4, 9].
    """
    raise NotImplementedError  # TODO


def bincount(x: torch.Tensor, k: int) -> torch.Tensor:
    """How often each of the numbers 0 … k − 1 occurs.

    x: int64 [N], entries in 0 … k − 1; N may be 0
    returns: int64 [k], on x's device

    Example: bincount(torch.tensor([2, 0, 2]), 4) is [1, 0, 2, 0].
    """
    raise NotImplementedError  # TODO


def seq_mask(lengths: torch.Tensor, T: int) -> torch.Tensor:
    """Which places of a padded batch hold real tokens.

    lengths: int64 [B], each in 0 … T
    returns: bool [B, T], on lengths' device; row b is True in its first lengths[b] places

    Example: seq_mask(torch.tensor([1, 3]), 3) is [[True, False, False], [True, True, True]].
    """
    raise NotImplementedError  # TODO
