"""A small trained correction beside a large frozen matrix."""

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
        out_size, in_size = base.weight.shape
        self.base = base
        self.base.weight.requires_grad = False
        if self.base.bias is not None:
            self.base.bias.requires_grad = False
        self.A = nn.Parameter(torch.zeros(r, in_size).to(base.weight))
        self.B = nn.Parameter(torch.empty(out_size, r).normal_(std=0.02).to(base.weight))
        self.factor = alpha / r
        self.dropout = nn.Dropout(p=dropout)
        self.on = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, in], not changed. Returns […, out].

        Example: with A = [[1., 2.]], B = [[3.]], r = 1, alpha = 2 and a base of zeros, [1., 1.] gives
        [2 / 1 · 3 · (1 + 2)] = [18.].
        """
        if not self.on:
            return self.base(x)
        small = torch.einsum("...i,ri->...r", self.dropout(x), self.A)
        correction = torch.einsum("...r,or->...o", small, self.B)
        return self.base(x) + self.factor * correction

    def fold(self):
        """Write the correction into the base."""
        with torch.no_grad():
            self.base.weight.copy_(self.base.weight + self.factor * torch.einsum("or,ri->oi", self.B, self.A))
        self.on = False


def inject(model: nn.Module, targets: Collection[str], r: int, alpha: float) -> list[str]:
    """Put a LoRALinear in the place of the linear layers with certain names, and freeze everything else.

    model: any module, changed in place. Its layers may lie at any depth, in Sequentials and ModuleLists too
    targets: a list, tuple or set of names such as {"q_proj", "v_proj"}. A layer is meant if it is an nn.Linear and the
        last part of its dotted name is one of them: "blocks.0.attn.q_proj" is meant by "q_proj", and by no other name
    r, alpha: as above; there is no dropout
    returns: the dotted names of the layers that were replaced, in the order of model.named_modules(); perhaps none

    Afterwards the A and B of the new layers ask for gradients, and no other parameter of the model does.
    """
    modules = dict(model.named_modules())
    wanted = [n for n, m in modules.items() if isinstance(m, nn.Linear) and n.split(".")[-1] in targets]
    for n in wanted:
        box = modules[".".join(n.split(".")[:-1])]
        box._modules[n.split(".")[-1]] = LoRALinear(modules[n], r, alpha)
    for n, p in model.named_parameters():
        if not any(n in (f"{w}.A", f"{w}.B") for w in wanted):
            p.requires_grad = False
    return wanted


def merge_(model: nn.Module) -> None:
    """Add every correction to its base's weight, in place, so that the model computes the same without adapters.

    model: as inject (and then perhaps a training) has left it. Afterwards A and B play no part any more: you may put
        the bases back in the places of the LoRALinears, or keep these and switch the correction off. Every parameter is
        a leaf still, and base weights ask for no gradient
    raises: an exception, when there is no correction that is not merged already (a second call); nothing has changed
        then
    """
    layers = [m for m in model.modules() if isinstance(m, LoRALinear) and m.on]
    if not layers:
        raise RuntimeError("everything is merged already")
    for layer in layers:
        layer.fold()
