"""A layer with a memory that no optimizer touches."""

import torch
from torch import nn


class EmaCenter(nn.Module):
    """Subtract a running mean, which is learned by watching and not by gradients.

    dim: the size of the last dimension of x
    momentum: how much of the old mean stays at each update, from 0 to 1

    Its state is one buffer, mean [dim], which starts at zeros: the only key of the state_dict, and not a parameter.
    It moves with .to(), is saved, loaded and copied with the module.
    """

    def __init__(self, dim: int, momentum: float):
        super().__init__()
        raise NotImplementedError  # TODO: the buffer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, dim], with any leading dimensions or none; not changed. Returns x − mean, of x's shape.

        In train mode the mean is updated first: mean ← momentum·mean + (1 − momentum)·(mean of x over all leading
        dimensions). In eval mode nothing changes. To autograd the mean is a constant, in both modes: the gradient
        of the output goes to x as it is.

        Example: with momentum 0.9 and x = [[1.], [3.]] a new module's mean becomes 0.2; the output is [[0.8], [2.8]].
        """
        raise NotImplementedError  # TODO
