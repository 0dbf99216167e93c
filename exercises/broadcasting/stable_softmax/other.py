"""A second honest way: log-sum-exp folded over the entries with `logaddexp`, which shifts inside."""

import functools

import torch


def log_softmax(x, dim):
    total = functools.reduce(torch.logaddexp, x.unbind(dim))
    return x - total.unsqueeze(dim)


def softmax(x, dim):
    return torch.exp(log_softmax(x, dim))
