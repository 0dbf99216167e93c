"""A softmax that never overflows."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    """The softmax of x along dim: exp(x) divided by its sum, so that each slice along dim sums to 1.

    x: floating point, any shape; entries may be as large as ±10,000 or minus infinity (but no slice all −inf)
    dim: the dimension that lists the alternatives; may be negative
    returns: same shape and dtype as x; −inf becomes 0

    >>> softmax(torch.tensor([0.0, 0.0, float("-inf")]), 0)
    tensor([0.5000, 0.5000, 0.0000])

    Use exp, log, amax or max, sum: torch's own softmax, log_softmax and logsumexp are out of bounds here.
    """
    raise NotImplementedError  # TODO: about three lines


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    """The logarithm of softmax(x, dim), exact even where the softmax itself would round to 0.

    x, dim: as above
    returns: same shape and dtype as x, every entry ≤ 0; −inf stays −inf

    >>> log_softmax(torch.tensor([0.0, -1000.0]), 0)
    tensor([    0., -1000.])
    """
    raise NotImplementedError  # TODO: about two lines
