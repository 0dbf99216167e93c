"""The oracle: hooks on the output tensors, numbers by NumPy in float64."""

import numpy as np
import torch


def probe(model, x, kinds):
    outs, grads, handles = {}, {}, []

    def watch(name):
        def hook(module, args, out):
            outs[name] = out.detach().numpy().astype(np.float64)
            out.register_hook(lambda g: grads.__setitem__(name, g.numpy().astype(np.float64)))

        return hook

    for name, module in model.named_modules():
        if isinstance(module, kinds):
            handles.append(module.register_forward_hook(watch(name)))
    try:
        total = model(x).sum()
    finally:
        for handle in handles:
            handle.remove()
    torch.autograd.grad(total, [p for p in model.parameters() if p.requires_grad], allow_unused=True)
    return {
        name: {
            "mean": float(out.mean()),
            "std": float(out.std(ddof=1)),
            "sat": float((np.abs(out) > 0.97).mean()),
            "grad_std": float(grads[name].std(ddof=1)),
        }
        for name, out in outs.items()
    }


def update_ratio(named_params, lr):
    with_grad = {name: p for name, p in named_params if p.grad is not None}
    spread = {name: (p.grad.numpy().std(ddof=1), p.detach().numpy().std(ddof=1)) for name, p in with_grad.items()}
    return {name: float(np.log10(lr * g / d)) for name, (g, d) in spread.items()}
