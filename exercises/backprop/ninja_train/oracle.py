"""The oracle: the same training with autograd and torch's optimizer."""

import torch

TRAINED = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")


def train(params, X, Y, steps, bs, lr, gen):
    p = {name: params[name].clone().requires_grad_() for name in TRAINED}
    opt = torch.optim.SGD(p.values(), lr=lr)
    losses = []
    for _ in range(steps):
        ix = torch.randint(0, len(X), (bs,), generator=gen)
        pre = p["C"][X[ix]].flatten(1) @ p["W1"] + p["b1"]
        mean, var = pre.mean(0, keepdim=True), pre.var(0, keepdim=True)
        h = torch.tanh(p["bngain"] * (pre - mean) / torch.sqrt(var + 1e-5) + p["bnbias"])
        loss = torch.nn.functional.cross_entropy(h @ p["W2"] + p["b2"], Y[ix])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
        params["running_mean"].copy_(0.9 * params["running_mean"] + 0.1 * mean.detach())
        params["running_var"].copy_(0.9 * params["running_var"] + 0.1 * var.detach())
    for name in TRAINED:
        params[name].copy_(p[name].detach())
    return losses
