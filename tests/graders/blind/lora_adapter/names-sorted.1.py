"""A small trained correction beside a large frozen matrix."""

from collections.abc import Collection

import torch
import torch.nn.functional as F
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
        base.requires_grad_(False)
        self.r, self.alpha, self.p = r, alpha, dropout
        w = base.weight
        self.A = nn.Parameter(torch.randn(r, w.shape[1], dtype=w.dtype, device=w.device) / r)
        self.B = nn.Parameter(w.new_zeros(w.shape[0], r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, in], not changed. Returns […, out].

        Example: with A = [[1., 2.]], B = [[3.]], r = 1, alpha = 2 and a base of zeros, [1., 1.] gives
        [2 / 1 · 3 · (1 + 2)] = [18.].
        """
        thin = F.dropout(x, self.p, training=self.training)
        thin = F.linear(thin, self.A)              # […, r]
        delta = F.linear(thin, self.B)             # […, out]
        return self.base(x) + delta * (self.alpha / self.r)


def inject(model: nn.Module, targets: Collection[str], r: int, alpha: float) -> list[str]:
    """Put a LoRALinear in the place of the linear layers with certain names, and freeze everything else.

    model: any module, changed in place. Its layers may lie at any depth, in Sequentials and ModuleLists too
    targets: a list, tuple or set of names such as {"q_proj", "v_proj"}. A layer is meant if it is an nn.Linear and the
        last part of its dotted name is one of them: "blocks.0.attn.q_proj" is meant by "q_proj", and by no other name
    r, alpha: as above; there is no dropout
    returns: the dotted names of the layers that were replaced, in the order of model.named_modules(); perhaps none

    Afterwards the A and B of the new layers ask for gradients, and no other parameter of the model does.
    """
    model.requires_grad_(False)
    replaced = []

    def visit(box, path):
        for child_name, child in list(box.named_children()):
            full = f"{path}.{child_name}" if path else child_name
            if isinstance(child, nn.Linear) and child_name in targets:
                setattr(box, child_name, LoRALinear(child, r, alpha))
                replaced.append(full)
            else:
                visit(child, full)

    visit(model, "")
    return sorted(replaced)


def merge_(model: nn.Module) -> None:
    """Add every correction to its base's weight, in place, so that the model computes the same without adapters.

    model: as inject (and then perhaps a training) has left it. Afterwards A and B play no part any more: you may put
        the bases back in the places of the LoRALinears, or keep these and switch the correction off. Every parameter is
        a leaf still, and base weights ask for no gradient
    raises: an exception, when there is no correction that is not merged already (a second call); nothing has changed
        then
    """
    adapters = [(name, m) for name, m in model.named_modules() if isinstance(m, LoRALinear)]
    if len(adapters) == 0:
        raise ValueError("nothing to merge")
    for name, lora in adapters:
        delta = lora.alpha / lora.r * torch.matmul(lora.B.detach(), lora.A.detach())
        lora.base.weight.data += delta
        # the base goes back to where it was
        *above, last = name.split(".")
        setattr(model.get_submodule(".".join(above)), last, lora.base)
