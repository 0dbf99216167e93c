"""The oracle: the two slopes by hand, no autograd until the leaves are handed back."""

import torch


def fit_line(x, y, steps, lr):
    xs, ys, n = x.tolist(), y.tolist(), len(x)
    w, b, losses = 0.0, 0.0, []
    for _ in range(steps):
        off = [w * a + b - c for a, c in zip(xs, ys)]
        losses.append(sum(e * e for e in off) / n)
        w, b = w - lr * sum(2 * e * a for e, a in zip(off, xs)) / n, b - lr * sum(2 * e for e in off) / n
    leaf = [torch.tensor(v, dtype=x.dtype, requires_grad=True) for v in (w, b)]
    return leaf[0], leaf[1], losses
