"""A second honest way: masks and minima, a norm of two parts, the helper written out."""

import torch
import torch.nn.functional as F


def relu_or_abs(x, flag):
    return F.relu(x) + ~flag * F.relu(-x)


def clip_norm(x, max_norm):
    size = x.square().sum().sqrt()
    return torch.where(size > max_norm, x / size.clamp(min=max_norm) * max_norm, x)


def center(x):
    return x.sub(x.sum(dim=-1, keepdim=True) / x.shape[-1])


def gated(x, w):
    h = torch.matmul(x, w)
    return torch.addcmul(x, h, (h * 1.702).sigmoid())
