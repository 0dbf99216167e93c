"""Which device, and how a whole batch gets there."""

from typing import Any

import torch


def pick_device(has_cuda: bool, has_mps: bool, prefer: str | torch.device | None = None) -> torch.device:
    """The device to work on: cuda before mps before cpu, of those that are there.

    has_cuda, has_mps: whether they are there (elsewhere: torch.cuda.is_available(), torch.backends.mps.is_available())
    prefer: a device that is taken instead, as asked ("cuda:1" stays "cuda:1")
    raises: an exception when the preferred type of device is not there

    Example: pick_device(False, True) is torch.device("mps").
    """
    raise NotImplementedError  # TODO


def move(batch: Any, device: torch.device | str) -> Any:
    """The batch with every tensor in it on the device.

    batch: a tensor, or dicts, lists, tuples and namedtuples (and their subclasses) of such, nested as you like;
        whatever else is in it (strings, numbers, None) stays as it is
    returns: containers of the same types, with the same keys in the same order; those passed in stay as they were

    Example: move({"x": x, "name": "a"}, "cuda") is {"x": x on cuda, "name": "a"}.
    """
    raise NotImplementedError  # TODO
