"""A small trained correction beside a large frozen matrix."""

import math
from collections.abc import Collection

import torch
from torch import nn


class LoRALinear(nn.Module):
    """A linear layer that stands still, and beside it two thin matrices that learn: base(x) + alpha / r · B A x.

    Parameters, and keys of the state_dict: A [r, in], B [out, r], base.weight [out, in] and, if the base has one,
    base.bias [out]. base is the given layer itself; its parameters no longer ask for gradients. A starts from random
    numbers (of any usual kind, a different draw for every entry), B from zeros; both have base's dtype and device.
    """

    def __init__(self, base: nn.Linear, r: int, alpha: float, dropout: float = 0.0):
        """base: the layer to be corrected; r: the rank, at least 1; alpha: the correction is scaled by alpha / r;
        dropout: in train mode this share of the numbers that go into A is dropped, and of nothing else."""
        super().__init__()
        self.base = base
        for p in base.parameters():
            p.requires_grad_(False)
        like = {"dtype": base.weight.dtype, "device": base.weight.device}
        self.A = nn.Parameter(torch.empty(r, base.in_features, **like))
        self.B = nn.Parameter(torch.zeros(base.out_features, r, **like))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.scale = alpha / r
        self.drop = nn.Dropout(dropout)
        self.merged = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, in], not changed. Returns […, out].

        Example: with A = [[1., 2.]], B = [[3.]], r = 1, alpha = 2 and a base of zeros, [1., 1.] gives
        [2 / 1 · 3 · (1 + 2)] = [18.].
        """
        y = self.base(x)
        if self.merged:
            return y
        return y + self.scale * (self.drop(x) @ self.A.T @ self.B.T)


def inject(model: nn.Module, targets: Collection[str], r: int, alpha: float) -> list[str]:
    """Put a LoRALinear in the place of the linear layers with certain names, and freeze everything else.

    model: any module, changed in place. Its layers may lie at any depth, in Sequentials and ModuleLists too
    targets: a list, tuple or set of names such as {"q_proj", "v_proj"}. A layer is meant if it is an nn.Linear and the
        last part of its dotted name is one of them: "blocks.0.attn.q_proj" is meant by "q_proj", and by no other name
    r, alpha: as above; there is no dropout
    returns: the dotted names of the layers that were replaced, in the order of model.named_modules(); perhaps none

    Afterwards the A and B of the new layers ask for gradients, and no other parameter of the model does.
    """
    for p in model.parameters():
        p.requires_grad_(False)
    names = []
    for name, layer in list(model.named_modules()):
        parent, _, last = name.rpartition(".")
        if isinstance(layer, nn.Linear) and any(name.endswith(t) for t in targets):
            setattr(model.get_submodule(parent), last, LoRALinear(layer, r, alpha))
            names.append(name)
    return names


def merge_(model: nn.Module) -> None:
    """Add every correction to its base's weight, in place, so that the model computes the same without adapters.

    model: as inject (and then perhaps a training) has left it. Afterwards A and B play no part any more: you may put
        the bases back in the places of the LoRALinears, or keep these and switch the correction off. Every parameter is
        a leaf still, and base weights ask for no gradient
    raises: an exception, when there is no correction that is not merged already (a second call); nothing has changed
        then
    """
    todo = [m for m in model.modules() if isinstance(m, LoRALinear) and not m.merged]
    if not todo:
        raise RuntimeError("there is no correction left to merge")
    with torch.no_grad():
        for m in todo:
            m.base.weight.add_(m.scale * (m.B @ m.A))
            m.merged = True
