"""A second honest way: F.linear twice, a recursive walk, and a switch that turns the correction off."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__()
        self.base, self.r, self.alpha, self.p, self.merged = base, r, alpha, dropout, False
        for p in base.parameters():
            p.requires_grad = False
        kind = {"dtype": base.weight.dtype, "device": base.weight.device}
        self.A = nn.Parameter(torch.empty(r, base.weight.shape[1], **kind))
        self.B = nn.Parameter(torch.zeros(base.weight.shape[0], r, **kind))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))

    def forward(self, x):
        y = F.linear(x, self.base.weight, self.base.bias)
        if self.merged:
            return y
        thin = F.linear(F.dropout(x, self.p, self.training), self.A)
        return y.add(F.linear(thin, self.B), alpha=self.alpha / self.r)


def inject(model, targets, r, alpha):
    for p in model.parameters():
        p.requires_grad = False
    done = []

    def walk(module, path):
        for name, child in module.named_children():
            if isinstance(child, nn.Linear):
                if name in targets:
                    module._modules[name] = LoRALinear(child, r, alpha)
                    done.append(path + name)
            else:
                walk(child, f"{path}{name}.")

    walk(model, "")
    return done


def merge_(model):
    layers = [m for m in model.modules() if isinstance(m, LoRALinear) and not m.merged]
    assert layers, "nothing to merge"
    for m in layers:
        m.base.weight.data.addmm_(m.B.data, m.A.data, alpha=m.alpha / m.r)
        m.merged = True
