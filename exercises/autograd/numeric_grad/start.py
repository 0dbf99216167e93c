"""A gradient without autograd: the way to check one that you do not trust."""

from collections.abc import Callable

import torch


def numgrad(f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, h: float = 1e-6) -> torch.Tensor:
    """The gradient of f at x by central differences.

    f: maps a float64 tensor of x's shape to a 0-d float64 tensor; smooth
    x: float64, any shape, 0-d too; it is not written to, not even for a moment
    h: how far to step to each side
    returns: like x: entry i is (f(x with x_i + h) − f(x with x_i − h)) / 2h; it carries no graph

    Example: for f(x) = sum of x², at [1.0, 3.0], the result is [2.0, 6.0] to about nine digits.
    """
    raise NotImplementedError  # TODO
