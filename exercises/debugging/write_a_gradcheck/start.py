"""Is this backward right? A check that answers for any function, by differences."""

from collections.abc import Callable

import torch


def check(fn: Callable[..., torch.Tensor], inputs: tuple[torch.Tensor, ...]) -> bool:
    """Whether the gradients that autograd gives for fn are the true ones, at these inputs, for every input.

    fn: takes as many tensors as there are inputs and returns one tensor of any shape, 0-d too; it works in the dtype
        that it is given. It may be a torch.autograd.Function with a backward that somebody has written by hand
    inputs: tensors of float64 or float32, of any shape and strides, with or without requires_grad; numbers of size 1,
        about. They are not changed in any way
    returns: True or False, a bool. True says: for any gradient that arrives at fn's output, what goes to each input
        is what differences of function values say. False: it is not so at some entry, or backward raises

    Values and gradients of fn may be of any size, 1e-7 as well as 1e5. fn is smooth within 0.01 of the inputs. A wrong
    gradient is off by more than a hundredth of its largest entry, a right one by rounding alone, in float64. An input
    that fn does not use has the gradient 0, which autograd may tell as None.

    Example: for torch.sin and an input the result is True; for a Function that gives exp(x) in forward and g * x in
        backward it is False.

    Write it yourself: torch.autograd.gradcheck is not to be called.
    """
    raise NotImplementedError  # TODO
