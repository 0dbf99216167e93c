"""The oracle: a copy of the model whose leaves are cut off from one another; each one's backward is done by itself."""

import copy

import numpy as np
import torch


def fine(t):
    return bool(np.isfinite(t.detach().double().numpy()).all())


def first_bad(model, x):
    inner = copy.deepcopy(model)
    for m in inner.modules():
        m._forward_hooks.clear()
    tape = []

    def cut(name):
        def run(module, args, out):
            own = [a.detach().requires_grad_() if a.is_floating_point() else a for a in args]
            tape.append((name, module, own, args, out))

        return run

    for name, m in inner.named_modules():
        if len(list(m.children())) == 0:
            m.register_forward_hook(cut(name))
    end = inner(x)
    for name, *_, out in tape:
        if not fine(out):
            return name, "forward"
    for m in inner.modules():
        m._forward_hooks.clear()
    for name, module, own, args, out in tape[::-1]:
        if not out.requires_grad:
            continue
        came = torch.autograd.grad(end.sum(), out, retain_graph=True, allow_unused=True)[0]
        if came is None or not fine(came):
            continue
        wanted = [a for a, b in zip(own, args) if torch.is_tensor(b) and b.requires_grad]
        wanted += [p for p in module.parameters() if p.requires_grad]
        again = module(*own)
        if wanted and again.requires_grad:
            for g in torch.autograd.grad(again, wanted, came, allow_unused=True):
                if g is not None and not fine(g):
                    return name, "backward"
    return None
