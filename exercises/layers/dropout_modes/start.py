"""Noise in training, nothing in use."""

import torch
from torch import nn


class Dropout(nn.Module):
    """In train mode each number is set to 0 with probability p, and the others are multiplied by 1/(1 − p).

    p: from 0 to 1, both included; outside of that the constructor raises ValueError (or any other exception)

    torch's dropout is out of bounds here.
    """

    def __init__(self, p: float):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: any shape, any floating dtype; not changed. Returns x's shape, dtype and device.

        Every number has a coin of its own, drawn anew at each call. A dropped number's gradient is 0, the others' is
        scaled as they are. With p = 1 all is 0, the gradient too. In eval mode x comes back as it is.

        Example: with p = 0.5 in train mode, every entry of the result for ones(1000) is 0 or 2.
        """
        raise NotImplementedError  # TODO
