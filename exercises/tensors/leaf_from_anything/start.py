"""Any numbers, as a tensor that can learn."""

import numpy as np
import torch


def as_leaf(data: int | float | list | np.ndarray | torch.Tensor, device: torch.device | str = "cpu") -> torch.Tensor:
    """A new tensor with the numbers of data, ready to be trained.

    data: a number, a nested list of numbers, a NumPy array or a tensor, of any dtype and shape, contiguous or not
    device: where the result lies
    returns: float32, on device, of data's shape (a number gives a 0-d tensor), a leaf with requires_grad=True;
        it shares memory with nothing: editing data later does not change it, nor the other way round

    data stays as it was.

    Example: as_leaf(3) is tensor(3., requires_grad=True); as_leaf([[1, 2]]) has shape (1, 2).
    """
    raise NotImplementedError  # TODO
