"""Clipping: no step may be longer than this."""

from collections.abc import Iterable

import torch


def clip_(params: Iterable[torch.nn.Parameter], max_norm: float) -> float | torch.Tensor:
    """Shorten the gradients in place, so that all of them, taken as one long vector, have a norm of at most max_norm.

    params: parameters, in a list or from a generator such as model.parameters(), which can be walked through only
        once; a parameter whose grad is None is passed over. Gradients are float32, float64 or bfloat16, of any shape
    max_norm: above 0
    returns: the joint norm before clipping, √(sum of all squares), a float or a 0-d tensor; 0 without any gradients

    All gradients are multiplied with the same factor, max_norm / norm (or max_norm / (norm + 1e-6)), when the norm is
    above max_norm; otherwise they stay as they are, bit by bit. Squares are added in float64: float32 gradients of 1e25
    have a finite norm. A norm that is not finite (inf or nan) is returned as it is, and no gradient is changed: the
    caller will want to look at them. p.grad stays the same tensor.

    Example: gradients [3.] and [4.] with max_norm 1 become [0.6] and [0.8], and 5 is returned.
    """
    raise NotImplementedError  # TODO
