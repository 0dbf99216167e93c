"""The oracle: log-softmax and a pick instead of cross entropy, gradients as values, weights written by copy_."""

import torch
from torch import nn


def loss_of(model, X, Y):
    return -model(X).log_softmax(-1)[torch.arange(len(Y)), Y].mean()


def fit(model, X, Y, Xv, Yv, steps, bs, lr_fn, gen):
    *_, last = (m for m in model.modules() if isinstance(m, nn.Linear))
    params = list(model.parameters())
    with torch.no_grad():
        last.weight.copy_(last.weight / 1000)
        if last.bias is not None:
            last.bias.fill_(0)
    loss0 = float(loss_of(model, X, Y))
    losses = []
    for step in range(steps):
        rows = torch.rand(len(X), generator=gen).topk(bs).indices
        loss = loss_of(model, X[rows], Y[rows])
        for p, g in zip(params, torch.autograd.grad(loss, params)):
            p.data.copy_(p.data - lr_fn(step) * g)
        losses.append(loss.item())
    return {"loss0": loss0, "losses": losses, "val": float(loss_of(model, Xv, Yv))}
