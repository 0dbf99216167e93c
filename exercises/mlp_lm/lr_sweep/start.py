"""Find a learning rate: one run whose rate grows at every step, from far too small to far too large."""

from collections.abc import Callable, Iterable

import torch


def sweep(
    model: torch.nn.Module,
    loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    batches: Iterable[tuple[torch.Tensor, torch.Tensor]],
    lo: float,
    hi: float,
    n: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Train for n steps with a growing rate, note each loss, and leave the model as it was found.

    model: model(x) gives predictions; every parameter is trained
    loss_fn: loss_fn(model(x), y) is a 0-d tensor
    batches: gives pairs (x, y), at least n of them; each step takes the next one
    lo, hi: the first and the last rate, 0 < lo < hi; both are used
    n: how many steps, 2 or more
    returns: lrs and losses, float32 vectors of equal length, without a graph

    The rates grow by the same factor from step to step: 0.01, 0.1, 1 for lo = 0.01, hi = 1, n = 3. Step i notes its
    loss in losses[i], before the update; the update is plain gradient descent with that step's own gradient,
    p − lrs[i] · grad. If a loss is not finite, it is noted, and the sweep ends there: lrs and losses are then shorter
    than n.

    Afterwards parameters and buffers have the values that they had before, and every .grad is None or zero: also when
    the sweep ended early, and when the model or loss_fn raised an exception, which the caller gets to see. The model
    keeps its very parameters: an optimizer may hold them.

    Example: with one weight w = 1, loss w² whatever the batch, lo = 0.1, hi = 0.4 and n = 2, w goes from 1 to 0.8:
    lrs is [0.1, 0.4], losses is [1.0, 0.64], and w is 1 again.
    """
    raise NotImplementedError  # TODO
