"""Loading a checkpoint that was saved from inside of wrappers, or under other names: all of it, or nothing."""

from collections.abc import Callable

import torch
from torch import nn


def load_flexible(
    model: nn.Module,
    sd: dict[str, torch.Tensor],
    strip: tuple[str, ...] = ("module.", "_orig_mod."),
    rename: dict[str, str] | Callable[[str], str] | None = None,
) -> dict[str, list[str]]:
    """Load a state dict whose names are not quite the model's, and say what does not fit.

    model: its state_dict() names parameters and buffers; tensors are loaded in place
    sd: names and tensors, in any order; not changed, and nothing of it is shared with the model
    strip: beginnings to be taken off a name, as often as there is one in front and in whatever order they come.
        DistributedDataParallel adds "module.", torch.compile "_orig_mod."; both may come in either order, or twice
    rename: after stripping; a dict from old to new names (others stay), or a function of a name; None for no change
    returns: a dict with three lists of names, as they are after stripping and renaming, each in any order:
        "missing"      the model has it, sd does not
        "unexpected"   sd has it, the model does not
        "mismatched"   both have it, in different shapes
        If all three are empty, everything has been copied. If not, the model is exactly as it was, and nothing is
        raised; only for a mismatch may a RuntimeError or a ValueError be raised in place of the report.

    Example: a model with "mlp.weight", and sd of "module._orig_mod.mlp.weight" and "module._orig_mod.head.bias":
        {"missing": [], "unexpected": ["head.bias"], "mismatched": []}, and mlp.weight is not loaded.
    """
    raise NotImplementedError  # TODO
