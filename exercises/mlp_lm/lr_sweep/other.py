"""A second honest way: a copy of the model is swept, and the model itself is never touched."""

import copy

import torch


def sweep(model, loss_fn, batches, lo, hi, n):
    for p in model.parameters():
        p.grad = None
    twin = copy.deepcopy(model)
    params = list(twin.parameters())
    factor = (hi / lo) ** (1 / (n - 1))
    rates, losses = [], []
    stream = iter(batches)
    while len(rates) < n:
        x, y = next(stream)
        loss = loss_fn(twin(x), y)
        rates.append(lo * factor ** len(rates))
        losses.append(loss.detach())
        if not torch.isfinite(loss):
            break
        for p, g in zip(params, torch.autograd.grad(loss, params)):
            p.data.add_(g, alpha=-rates[-1])
    return torch.tensor(rates), torch.stack(losses).float()
