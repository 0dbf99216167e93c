"""The reference: forward hooks that only look, removed in a finally; gradients asked for, not accumulated."""

import torch


def probe(model, x, kinds):
    outs = {}

    def note(name):
        def hook(module, args, out):
            outs[name] = out

        return hook

    handles = [m.register_forward_hook(note(name)) for name, m in model.named_modules() if isinstance(m, kinds)]
    try:
        total = model(x).sum()
    finally:
        for handle in handles:
            handle.remove()
    if not outs:
        return {}
    grads = torch.autograd.grad(total, [*outs.values()])
    return {name: measure(out, grad) for (name, out), grad in zip(outs.items(), grads)}


def measure(out, grad):
    return {
        "mean": out.mean().item(),
        "std": out.std().item(),
        "sat": (out.abs() > 0.97).double().mean().item(),
        "grad_std": grad.std().item(),
    }


def update_ratio(named_params, lr):
    return {name: torch.log10(lr * p.grad.std() / p.std()).item() for name, p in named_params if p.grad is not None}
