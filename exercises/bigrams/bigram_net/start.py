"""The table of pairs again, this time found by gradient descent."""

import torch
import torch.nn.functional as F


def train_net(x: torch.Tensor, y: torch.Tensor, V: int, steps: int, lr: float, l2: float = 0.0) -> torch.Tensor:
    """Train the smallest net for pairs of symbols: one table W, whose row i holds the logits of what follows symbol i.

    x: [N] int64 in [0, V), the symbols; y: [N] int64, what came after each; N ≥ V; neither is changed
    V: number of different symbols
    steps: how many updates; lr: the learning rate
    l2: how strongly W is pulled to 0
    returns: W [V, V] float32 after the updates

    Each update is plain gradient descent, on all N pairs at once, on

        loss = mean cross entropy of y under the logits W[x] + l2 · (mean of the squares of W)

    How W starts is up to you. No matrix product is made, forwards or backwards, no one-hot vector, and no tensor with
    more than N·V numbers.

    Example: with x = [0, 0, 0, 0], y = [0, 0, 0, 1], V = 2, 200 steps and lr 1, softmax(W[0]) comes to [0.75, 0.25].
    """
    # TODO: this is right, and multiplies mostly by zeros: V² · N products a step, to pick N rows. Pick them.
    hot = F.one_hot(x, V).float()  # (N, V)
    W = torch.randn(V, V, requires_grad=True)
    for _ in range(steps):
        odds = (hot @ W).exp()
        p = odds / odds.sum(1, keepdim=True)  # (N, V)
        loss = -p[torch.arange(len(y)), y].log().mean() + l2 * (W**2).mean()
        W.grad = None
        loss.backward()
        with torch.no_grad():
            W -= lr * W.grad
    return W.detach()
