"""The layer that most of a network is made of, without nn.Linear."""

import torch
from torch import nn


class Linear(nn.Module):
    """y = x Wᵀ + b, over the last dimension.

    d_in, d_out: how many numbers go in and come out
    bias: False for a layer without b

    Its parameters, and the keys of its state_dict: weight [d_out, d_in] and bias [d_out]; with bias=False there is
    no bias among them. Both are drawn uniformly between −1/√d_in and 1/√d_in.

    nn.Linear and F.linear are out of bounds here.
    """

    def __init__(self, d_in: int, d_out: int, bias: bool = True):
        super().__init__()
        raise NotImplementedError  # TODO: the parameters

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, d_in], with any leading dimensions or none; returns […, d_out], x's dtype.

        Example: with weight [[1., 2.]] and bias [10.], x = [3., 4.] gives [21.].
        """
        raise NotImplementedError  # TODO: one line, and the bias
