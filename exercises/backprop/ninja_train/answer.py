"""The reference: forward, the two short cuts and three products back, then the updates, all in place."""

import torch


def ce_backward(logits, y):
    d = logits.softmax(1)
    d[torch.arange(len(y)), y] -= 1
    return d / len(y)


def train(params, X, Y, steps, bs, lr, gen):
    C, W1, b1, W2, b2 = (params[name] for name in ("C", "W1", "b1", "W2", "b2"))
    gain, bias = params["bngain"], params["bnbias"]
    losses = []
    for _ in range(steps):
        ix = torch.randint(0, len(X), (bs,), generator=gen)
        x, y = X[ix], Y[ix]
        embcat = C[x].view(bs, -1)
        hprebn = embcat @ W1 + b1
        mean, var = hprebn.mean(0, keepdim=True), hprebn.var(0, keepdim=True)
        inv = (var + 1e-5) ** -0.5
        raw = (hprebn - mean) * inv
        h = torch.tanh(gain * raw + bias)
        logits = h @ W2 + b2
        losses.append(torch.nn.functional.cross_entropy(logits, y).item())
        params["running_mean"].mul_(0.9).add_(mean, alpha=0.1)
        params["running_var"].mul_(0.9).add_(var, alpha=0.1)

        dlogits = ce_backward(logits, y)
        dh = dlogits @ W2.T
        dpre = (1 - h**2) * dh
        dgain = (raw * dpre).sum(0, keepdim=True)
        dbias = dpre.sum(0, keepdim=True)
        dhprebn = gain * inv * (dpre - dbias / bs - raw * dgain / (bs - 1))
        dC = torch.zeros_like(C).index_put_((x,), (dhprebn @ W1.T).view(*x.shape, -1), accumulate=True)
        W2 -= lr * (h.T @ dlogits)
        b2 -= lr * dlogits.sum(0)
        gain -= lr * dgain
        bias -= lr * dbias
        W1 -= lr * (embcat.T @ dhprebn)
        b1 -= lr * dhprebn.sum(0)
        C -= lr * dC
    return losses
