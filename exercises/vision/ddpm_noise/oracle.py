"""The oracle: one step after the other in plain Python, one picture after the other."""

import math

import torch


def schedule(T):
    beta, abar, left = [], [], 1.0
    for i in range(T):
        beta.append(1e-4 if T == 1 else 1e-4 * (1 - i / (T - 1)) + 0.02 * i / (T - 1))
        left *= 1 - beta[-1]
        abar.append(left)
    return torch.tensor(beta), torch.tensor(abar)


def q_sample(x0, t, eps):
    abar = schedule(1000)[1].tolist()
    rows = [math.sqrt(abar[s]) * x + math.sqrt(1 - abar[s]) * e for x, s, e in zip(x0, t.tolist(), eps, strict=True)]
    return torch.stack(rows)


def loss(model, x0, gen):
    t = torch.stack([torch.randint(1000, (), generator=gen) for _ in range(len(x0))])
    eps = torch.randn(x0.shape, generator=gen).to(x0.dtype)
    return torch.mean((eps - model(q_sample(x0, t, eps), t)) ** 2)
