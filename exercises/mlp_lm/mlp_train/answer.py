"""The reference: a small last layer, then draw, forward, backward, step; the validation set only at the end."""

import torch
from torch import nn


def mean_loss(model, X, Y):
    with torch.no_grad():
        return nn.functional.cross_entropy(model(X), Y).item()


def fit(model, X, Y, Xv, Yv, steps, bs, lr_fn, gen):
    last = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
    with torch.no_grad():
        for p in last.parameters():
            p *= 0.01
    loss0 = mean_loss(model, X, Y)
    losses = []
    for step in range(steps):
        rows = torch.randint(len(X), (bs,), generator=gen)
        loss = nn.functional.cross_entropy(model(X[rows]), Y[rows])
        losses.append(loss.item())
        model.zero_grad()
        loss.backward()
        lr = lr_fn(step)
        with torch.no_grad():
            for p in model.parameters():
                p -= lr * p.grad
    return {"loss0": loss0, "losses": losses, "val": mean_loss(model, Xv, Yv)}
