"""The smallest network that can learn what no straight line can."""

import torch
from torch import nn


class MLP(nn.Module):
    """Two linear layers with a non-linear activation between them, and none behind the last.

    d_in, d_hid, d_out: how many numbers go in, lie between the layers, and come out

    Its submodules are fc1 and fc2, two nn.Linear, so the keys of its state_dict are fc1.weight [d_hid, d_in],
    fc1.bias [d_hid], fc2.weight [d_out, d_hid], fc2.bias [d_out]. Which activation stands between is up to you: relu,
    tanh, gelu, …

    Example: MLP(10, 20, 5) has 10·20 + 20 + 20·5 + 5 = 325 parameters.
    """

    def __init__(self, d_in: int, d_hid: int, d_out: int):
        raise NotImplementedError  # TODO: first the line that makes it a module, then the layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, d_in], with any leading dimensions or none; returns […, d_out]."""
        raise NotImplementedError  # TODO
