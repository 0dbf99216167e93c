"""The reference: row x of W is what one_hot(x) @ W would give; cross_entropy does the rest."""

import torch
import torch.nn.functional as F


def train_net(x, y, V, steps, lr, l2=0.0):
    W = torch.zeros(V, V, requires_grad=True)
    for _ in range(steps):
        loss = F.cross_entropy(W[x], y) + l2 * (W**2).mean()
        W.grad = None
        loss.backward()
        with torch.no_grad():
            W -= lr * W.grad
    return W.detach()
