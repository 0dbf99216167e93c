"""A second honest way: in place where nothing needs the old value, cat and where elsewhere."""

import torch


def f1(x):
    y = torch.exp(x).clone()
    y += 1
    return y


def f2(x):
    return torch.where(x > 0, x, torch.zeros_like(x))


def f3(x):
    s = torch.sigmoid(x[1:])
    return x * torch.cat([torch.ones_like(x[:1]), s])
