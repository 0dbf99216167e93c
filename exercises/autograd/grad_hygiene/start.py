"""Gradient descent by hand, with four faults. It runs for a step; then it raises, or worse, it does not."""

import torch


def fit_line(x: torch.Tensor, y: torch.Tensor, steps: int, lr: float) -> tuple[torch.Tensor, torch.Tensor, list[float]]:
    """Fit y ≈ w·x + b by gradient descent, without torch.optim.

    x, y: float tensors (N,)
    steps: how many updates to make
    lr: the learning rate
    returns: w, b: 0-d leaves with requires_grad and x's dtype, both starting from 0;
        losses: the loss mean((w·x + b − y)²) before each update, as Python floats

    Each update is plain gradient descent: p = p − lr · (gradient of that step's loss alone).

    Example: with x = [1., 2.], y = [2., 4.], steps=1, lr=0.1 the loss is 10.0, w becomes 1.0 and b 0.6.
    """
    w = torch.zeros((), dtype=x.dtype, requires_grad=True)
    b = torch.zeros((), dtype=x.dtype, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = ((w * x + b - y) ** 2).mean()
        losses.append(loss)
        loss.backward()
        # TODO: from outside, this is what is wrong: after one step w is no leaf any more and has no .grad; what is
        # in .grad is never cleared; the update itself is recorded; and losses holds on to every graph.
        w = w - lr * w.grad
        b = b - lr * b.grad
    return w, b, losses
