"""Four functions that work, and that torch.compile cannot take whole: each has one line that breaks the graph."""

import torch

# Somebody else calls torch.compile(f, fullgraph=True) on each of the four: every step becomes part of one graph, or an
# error is raised. Mend them so that it works. What they return stays the same, on every call, compiled or not, whatever
# the numbers in the tensors are. .item(), .tolist(), torch.compile, torch.compiler and torch._dynamo do not appear in
# your file (a trial of your own under `if __name__ == "__main__":` may use them).


def relu_or_abs(x: torch.Tensor, flag: torch.Tensor) -> torch.Tensor:
    """relu(x) where the flag is True, else |x|.

    x: floating, any shape; flag: 0-d bool tensor, True or False from call to call. Returns x's shape and dtype.

    Example: for x = [-1., 2.] it is [0., 2.] with True and [1., 2.] with False.
    """
    if flag.item():  # TODO: which way to go is in the tensor; a graph has one way only
        return x.relu()
    return x.abs()


def clip_norm(x: torch.Tensor, max_norm: float) -> torch.Tensor:
    """x itself where its 2-norm, over all its entries, is at most max_norm; else x scaled to that norm.

    x: floating, any shape; max_norm: a positive number. Returns x's shape and dtype; all zeros stay zeros.

    Example: [3., 4.] has norm 5: clipped to 1 it is [0.6, 0.8], clipped to 9 it stays as it is.
    """
    norm = x.norm()
    if norm > max_norm:  # TODO: so is the norm; it differs from call to call
        return x * (max_norm / norm)
    return x


def center(x: torch.Tensor) -> torch.Tensor:
    """x minus its mean over the last dimension, without a word.

    x: floating, any shape [..., C]. Returns x's shape and dtype.

    Example: [[1., 3.]] becomes [[-1., 1.]].
    """
    mean = x.mean(-1, keepdim=True)
    print("the mean is", mean)  # TODO: somebody forgot this here
    return x - mean


@torch.compiler.disable  # TODO: calls to this function stay outside of any graph
def _gate(h: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(1.702 * h)


def gated(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """x + h·sigmoid(1.702·h) with h = x @ w.

    x: floating [N, C]; w: [C, C]. Returns [N, C], x's dtype.
    """
    h = x @ w
    return x + h * _gate(h)
