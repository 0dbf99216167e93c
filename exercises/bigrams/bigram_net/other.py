"""A second honest way: no autograd; the gradient of all pairs follows from how often each occurs."""

import torch


def train_net(x, y, V, steps, lr, l2=0.0):
    share = torch.bincount(x * V + y, minlength=V * V).view(V, V).double() / len(x)  # (V, V)
    W = torch.randn(V, V, dtype=torch.float64)
    for _ in range(steps):
        p = W.softmax(1)
        W -= lr * (share.sum(1, keepdim=True) * p - share + 2 * l2 * W / V**2)
    return W.float()
