"""Instruments for a network: what passes forward, what comes back, how large the steps are."""

from collections.abc import Iterable

import torch
from torch import nn


def probe(model: nn.Module, x: torch.Tensor, kinds: tuple[type[nn.Module], ...]) -> dict[str, dict[str, float]]:
    """Run the model on x and measure the output of every module of certain kinds.

    model: any module whose output is one tensor; each of the modules asked for runs once, behind a layer that trains
    kinds: classes; instances of them are measured, of their subclasses too, however deep they lie in the model
    returns: for the name of each such module, as in model.named_modules(), these Python floats about its output:
        "mean"      the mean
        "std"       the standard deviation, dividing by n − 1
        "sat"       the share of entries with |entry| > 0.97
        "grad_std"  the standard deviation, dividing by n − 1, of the gradient of model(x).sum() with respect to it

    Nothing is left behind: no hook, and the .grad of every parameter is what it was, None or a tensor. The owner's
    hooks stay. If the model raises, the exception comes through, and your hooks are gone too.

    Example: for nn.Sequential(nn.Linear(3, 4), nn.Tanh()) and kinds = (nn.Tanh,) the only key is "1".
    """
    raise NotImplementedError  # TODO


def update_ratio(named_params: Iterable[tuple[str, torch.Tensor]], lr: float) -> dict[str, float]:
    """How large a step of plain SGD is, measured by the parameter: log10(lr · std of the gradient / std of the data).

    named_params: (name, parameter) pairs, such as model.named_parameters(); those whose .grad is None are left out
    returns: a Python float for each name; standard deviations divide by n − 1

    Example: gradients of spread 0.5, data of spread 0.05 and lr = 1e-4 give -3.0.
    """
    raise NotImplementedError  # TODO
