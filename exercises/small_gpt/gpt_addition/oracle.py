"""The oracle: school arithmetic with a carry, digit by digit; the loss summed position by position."""

import torch


def make_batch(B, nd, gen):
    rows = []
    for digits in torch.randint(0, 10, (B, 2 * nd), generator=gen).tolist():
        a, b, carry, total = digits[:nd], digits[nd:], 0, []
        for p, q in zip(reversed(a), reversed(b)):
            carry, digit = divmod(p + q + carry, 10)
            total.append(digit)
        rows.append([*a, 10, *b, 11, *total, carry])
    row = torch.tensor(rows)
    y = row[:, 1:].clone()
    y[:, : 2 * nd + 1] = -100
    return row[:, :-1].clone(), y


def fit(model, nd, steps, B, lr, gen, held_out):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(steps):
        x, y = make_batch(B, nd, gen)
        names = [("".join(map(str, r[:nd])), "".join(map(str, r[nd + 1 : 2 * nd + 1]))) for r in x.tolist()]
        fresh = [i for i, (a, b) in enumerate(names) if (int(a), int(b)) not in held_out]
        x, y = x[fresh], y[fresh]
        logp = model(x).log_softmax(-1)
        places = range(2 * nd + 1, 3 * nd + 2)
        loss = -torch.cat([logp[:, t].gather(1, y[:, t : t + 1]) for t in places]).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
