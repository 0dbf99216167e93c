"""The loss is NaN. In which layer did it begin?"""

import torch
from torch import nn


def first_bad(model: nn.Module, x: torch.Tensor) -> tuple[str, str] | None:
    """The layer in which NaN or infinity first appears, in model(x) or in the backward of model(x).sum().

    model: any module. Only its leaves, the modules without modules inside, are asked; each takes tensors and returns
        one. Containers call them, in any order, and add or multiply what comes out. Some parameters may be frozen, and
        a leaf may be called several times
    x: what the model takes: a float tensor or an int64 one; not changed
    returns: None when all is finite; else (name, phase), the name as in model.named_modules():
        (name, "forward"): of the leaves whose output holds a NaN or an infinity, the one that ran first, whatever
            becomes of it later;
        (name, "backward"), when all outputs are finite: the leaf that received a finite gradient and sent on one that
            is not, to one of its inputs or to one of its own parameters; if there are several, the one nearest to the
            output of the model.

    Afterwards everything is as before, also after an exception on the way, which goes on to the caller: no hook of
    yours is left anywhere, those of others are, each .grad is what it was, and the model is in the mode that it was in.

    Example: for nn.Sequential(nn.Linear(2, 3), Log()), where Log gives log(x), and an output of the layer that is
        negative, the result is ("1", "forward").
    """
    raise NotImplementedError  # TODO
