"""A second honest way: a last layer of zeros, epochs without replacement, an optimizer, and sums over small batches."""

import torch
from torch.nn import functional as F


def batches(n, bs, gen):
    while True:
        order = torch.randperm(n, generator=gen)
        yield from order[: n - n % bs].split(bs)


@torch.no_grad()
def measure(model, X, Y):
    sums = [F.cross_entropy(model(x), y, reduction="sum") for x, y in zip(X.split(50), Y.split(50))]
    return float(sum(sums)) / len(X)


def fit(model, X, Y, Xv, Yv, steps, bs, lr_fn, gen):
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            last = module
    torch.nn.init.zeros_(last.weight)
    if last.bias is not None:
        torch.nn.init.zeros_(last.bias)
    result = {"loss0": measure(model, X, Y), "losses": []}
    opt = torch.optim.SGD(model.parameters(), lr=1.0)
    for step, rows in zip(range(steps), batches(len(X), bs, gen)):
        opt.param_groups[0]["lr"] = lr_fn(step)
        opt.zero_grad()
        loss = F.cross_entropy(model(X[rows]), Y[rows])
        loss.backward()
        opt.step()
        result["losses"].append(loss.item())
    result["val"] = measure(model, Xv, Yv)
    return result
