"""The reference: hooks on every leaf and every parameter note the first bad tensor; all of it is undone at the end."""


def bad(tensors):
    return any(t is not None and not t.isfinite().all() for t in tensors)


def first_bad(model, x):
    found, handles = [], []
    params = list(model.parameters())
    grads = [p.grad for p in params]

    def watch(name, leaf):
        def forward(module, args, out):
            if bad([out]):
                found.append((name, "forward"))

        def backward(module, sent, received):
            if bad(sent) and not bad(received):
                found.append((name, "backward"))

        def parameter(grad):
            if bad([grad]):
                found.append((name, "backward"))

        handles.append(leaf.register_forward_hook(forward))
        handles.append(leaf.register_full_backward_hook(backward))
        handles.extend(p.register_hook(parameter) for p in leaf.parameters() if p.requires_grad)

    try:
        for name, module in model.named_modules():
            if not list(module.children()):
                watch(name, module)
        total = model(x).sum()
        if not found:
            for p in params:
                p.grad = None
            total.backward()
    finally:
        for handle in handles:
            handle.remove()
        for p, grad in zip(params, grads):
            p.grad = grad
    return found[0] if found else None
