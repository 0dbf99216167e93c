"""The reference: digits by division, a row put together once; held-out rows are dropped from each batch."""

import torch
from torch.nn import functional as F

PLUS, EQUALS, IGNORED = 10, 11, -100


def make_batch(B, nd, gen):
    a, b = torch.randint(10**nd, (2, B), generator=gen)
    down = 10 ** torch.arange(nd - 1, -1, -1)  # …, 100, 10, 1
    up = 10 ** torch.arange(nd + 1)  # 1, 10, 100, …
    first = a[:, None] // down % 10  # (B, nd)
    second = b[:, None] // down % 10
    total = (a + b)[:, None] // up % 10  # (B, nd + 1), units first
    row = torch.cat([first, torch.full((B, 1), PLUS), second, torch.full((B, 1), EQUALS), total], dim=1)
    y = row[:, 1:].clone()
    y[:, : 2 * nd + 1] = IGNORED
    return row[:, :-1], y


def number(digits):
    """[B, n] digits, largest place first, as n-digit numbers [B]."""
    value = 0
    for column in digits.T:
        value = value * 10 + column
    return value


def fit(model, nd, steps, B, lr, gen, held_out):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    model.train()
    for _ in range(steps):
        x, y = make_batch(B, nd, gen)
        pairs = zip(number(x[:, :nd]).tolist(), number(x[:, nd + 1 : 2 * nd + 1]).tolist())
        kept = torch.tensor([pair not in held_out for pair in pairs])
        loss = F.cross_entropy(model(x[kept]).flatten(0, 1), y[kept].flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
