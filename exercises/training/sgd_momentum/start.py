"""Stochastic gradient descent with momentum, as an optimizer of your own."""

from collections.abc import Callable, Iterable
from typing import Any

import torch


class SGD(torch.optim.Optimizer):
    """SGD with momentum, weight decay and Nesterov's look ahead.

    For every parameter p with gradient g, in every step:

        g = g + weight_decay · p
        v = momentum · v + g                     (at the first step: v = g)
        p = p − lr · (g + momentum · v)          with nesterov
        p = p − lr · v                           otherwise

    params: parameters, or a list of groups ({"params": [...], "lr": ...}) whose options win over the defaults
    lr: the learning rate, above 0
    momentum: the share of the velocity that is kept, in [0, 1)
    weight_decay: how strongly weights are pulled to 0
    nesterov: whether to look ahead; only with momentum

    A parameter whose grad is None is left alone: no decay, no velocity. Gradients are not written to. What must
    outlive a step stands in self.state[p], so that state_dict() and load_state_dict() carry it over.

    Example: with lr 0.1 and momentum 0.9, a parameter at 1.0 with gradient 1.0 in two steps goes to 0.9, then to 0.71.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, defaults)  # fills self.param_groups and self.state

    def step(self, closure: Callable[[], torch.Tensor] | None = None) -> torch.Tensor | None:
        """Update every parameter once; if a closure is given, call it first and return the loss it returns."""
        raise NotImplementedError  # TODO
