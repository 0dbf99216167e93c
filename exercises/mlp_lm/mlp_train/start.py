"""Train a language model on minibatches: a calm start, a rate for every step, and a number that can be trusted."""

from collections.abc import Callable

import torch
from torch import nn


def fit(
    model: nn.Module,
    X: torch.Tensor,
    Y: torch.Tensor,
    Xv: torch.Tensor,
    Yv: torch.Tensor,
    steps: int,
    bs: int,
    lr_fn: Callable[[int], float],
    gen: torch.Generator,
) -> dict[str, float | list[float]]:
    """Train for some steps, each on bs examples drawn by gen, and measure on examples that were never trained on.

    model: model(X) gives logits [N, V]; its last nn.Linear, in the order of model.modules(), makes them (bias or none)
    X, Y: [N, k] and [N] int64, the examples to train on; bs ≤ N
    Xv, Yv: the examples to measure on, in the same form; they play no part in the training
    steps: how many updates, 1 or more
    bs: how many examples each of them uses, drawn anew every time; with replacement or without
    lr_fn: lr_fn(step) is the rate of step 0, 1, …, steps − 1, meant for plain gradient descent; it may be 0
    gen: where all chance comes from; torch's global random numbers are left alone
    returns: {"loss0": mean cross entropy over all of X, Y before the first update,
        "losses": the loss of each step's batch, `steps` of them,
        "val": mean cross entropy over all of Xv, Yv after the last update}, all as Python floats

    Before anything is measured, the last nn.Linear is made so small (or zero, its bias too) that loss0 is within 0.1 of
    ln V, the loss of a blind guess. No other tensor is touched by this. Each update uses the gradient of its own batch
    alone; the optimizer is your choice, but at a rate of 0 nothing may move. No layer here has two modes.

    Example: with 27 symbols loss0 is near 3.30; with lr_fn = lambda step: 0.1, all steps have the rate 0.1.
    """
    losses: list[float] = []
    raise NotImplementedError  # TODO: calm the last layer, measure
    for step in range(steps):
        ...  # TODO: draw bs examples, step with lr_fn(step), note the loss
    return {"loss0": ..., "losses": losses, "val": ...}
