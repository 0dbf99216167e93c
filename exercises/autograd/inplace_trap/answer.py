"""The reference: each edit made on a new tensor, so that what backward needs stays as it was."""

import torch


def f1(x):
    return x.exp() + 1


def f2(x):
    return x.clamp(min=0)


def f3(x):
    s = torch.sigmoid(x).clone()
    s[0] = 1
    return x * s
