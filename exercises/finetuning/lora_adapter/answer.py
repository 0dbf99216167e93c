"""The reference: two thin matrices, layers swapped at their parents, and a sum that is done once."""

import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.A = nn.Parameter(base.weight.new_empty(r, base.in_features).normal_(std=base.in_features**-0.5))
        self.B = nn.Parameter(base.weight.new_zeros(base.out_features, r))
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        return self.base(x) + self.drop(x) @ self.A.T @ self.B.T * self.scale


def inject(model, targets, r, alpha):
    model.requires_grad_(False)
    names = [name for name, m in model.named_modules() if isinstance(m, nn.Linear) and name.split(".")[-1] in targets]
    for name in names:
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, LoRALinear(model.get_submodule(name), r, alpha))
    return names


@torch.no_grad()
def merge_(model):
    found = [(name, m) for name, m in model.named_modules() if isinstance(m, LoRALinear)]
    if not found:
        raise ValueError("there is no correction left to merge")
    for name, layer in found:
        layer.base.weight += layer.B @ layer.A * layer.scale
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, layer.base)
