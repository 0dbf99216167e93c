"""The oracle: the whole corrected matrix, built anew for each call; what is merged is marked by B set to None."""

import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__()
        self.base = base
        base.weight.requires_grad_(False)
        if base.bias is not None:
            base.bias.requires_grad_(False)
        out, inside = base.weight.shape
        with torch.no_grad():
            self.A = nn.Parameter((torch.rand_like(base.weight[:1].expand(r, inside)) * 2 - 1) / inside**0.5)
            self.B = nn.Parameter(torch.zeros_like(base.weight[:, :1].expand(out, r)).clone())
        self.factor, self.share = alpha / r, dropout

    def forward(self, x):
        if self.B is None:
            return self.base(x)
        if self.training and self.share:
            kept = (torch.rand_like(x) >= self.share).to(x.dtype) / max(1 - self.share, 1e-9)
            return self.base(x) + (x * kept) @ (self.factor * (self.B @ self.A)).T
        y = x @ (self.base.weight + self.factor * (self.B @ self.A)).T
        return y if self.base.bias is None else y + self.base.bias


def inject(model, targets, r, alpha):
    for p in model.parameters():
        p.requires_grad_(False)
    names = []
    for path, parent in list(model.named_modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear) and any(name == t for t in targets):
                parent.add_module(name, LoRALinear(child, r, alpha))
                names.append(f"{path}.{name}" if path else name)
    order = [name for name, _ in model.named_modules()]
    return sorted(names, key=order.index)


def merge_(model):
    layers = [m for m in model.modules() if isinstance(m, LoRALinear) and m.B is not None]
    if len(layers) == 0:
        raise RuntimeError("merged already")
    for m in layers:
        with torch.no_grad():
            m.base.weight.copy_(m.base.weight + m.factor * (m.B @ m.A))
        m.A = m.B = None
