"""The reference: probabilities minus one; and a gradient without the two directions that batch norm takes out."""

import torch


def ce_backward(logits, y):
    d = logits.softmax(1)  # (N, V)
    d[torch.arange(len(y)), y] -= 1
    return d / len(y)


def bn_backward(dout, x, gamma, eps):
    n = len(x)
    centered = x - x.mean(0)
    inv = ((centered**2).sum(0) / (n - 1) + eps) ** -0.5  # (H,)
    raw = centered * inv
    dgamma, dbeta = (dout * raw).sum(0), dout.sum(0)
    dx = gamma * inv * (dout - dbeta / n - raw * dgamma / (n - 1))
    return dx, dgamma, dbeta
