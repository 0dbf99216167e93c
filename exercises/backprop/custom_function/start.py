"""An operation that autograd does not know, with a way back written by hand."""

import torch


def unbroadcast(g: torch.Tensor, shape: tuple[int, ...] | torch.Size) -> torch.Tensor:
    """Undo broadcasting for a gradient: sum over whatever was stretched.

    g: the gradient of a result, any shape; not changed
    shape: the shape of an operand that was broadcast to the shape of g; () is one
    returns: the gradient of that operand: a tensor of this shape, with g's dtype

    Tensor.sum_to_size would do it; it is out of bounds here.

    Example: g [2, 3] of ones and shape (3,) give [2., 2., 2.]; shape (2, 1) gives [[3.], [3.]].
    """
    raise NotImplementedError  # TODO


class LinearFn(torch.autograd.Function):
    """y = x Wᵀ + b over the last dimension; LinearFn.apply(x, W, b) calls it.

    x: [..., I] floats, with any leading dimensions or none; its memory may have gaps
    W: [O, I];  b: [O], never None
    returns: [..., O]

    x and W are kept with ctx.save_for_backward. Thus autograd notices when one of them is overwritten before the way
    back, and raises.
    """

    @staticmethod
    def forward(ctx, x: torch.Tensor, W: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError  # TODO

    @staticmethod
    def backward(ctx, g: torch.Tensor):
        """g: [..., O], the gradient of the loss by y. Returns those by x, W and b, each with the shape of its tensor.

        ctx.needs_input_grad holds three bools: for what is not needed return None, and compute nothing for it.
        """
        raise NotImplementedError  # TODO
