"""The oracle: `backward` on each loss, with every .grad put aside and put back."""


def grads_per_loss(params, losses):
    kept = [p.grad for p in params]
    rows = []
    for number, loss in enumerate(losses, 1):
        for p in params:
            p.grad = None
        loss.backward(retain_graph=number != len(losses))
        rows.append([p.grad if p.grad is not None else p.detach() * 0 for p in params])
    for p, grad in zip(params, kept):
        p.grad = grad
    return rows
