"""The oracle: no windows at random; a fixed plan of starts, and one product of one-hot pairs with a matrix."""

import random

import torch
from torch import nn
from torch.nn import functional as F


def run(big_ids, small_ids, cfg, steps):
    rng = random.Random(cfg["seed"])
    torch.manual_seed(cfg["seed"])
    V, T = cfg["V"], cfg["T"]

    def losses(weight, rows):
        """Each token of the rows but the first two, from the two before it."""
        pairs = F.one_hot(V * rows[..., :-2] + rows[..., 1:-1], V * V).float()
        return F.cross_entropy((pairs @ weight).flatten(0, -2), rows[..., 2:].flatten())

    def train(weight, ids, lr):
        opt = torch.optim.Adam([weight], lr=lr)
        for _ in range(steps):
            starts = [rng.randrange(len(ids) - T) for _ in range(cfg["bs"])]
            loss = losses(weight, torch.stack([ids[s : s + T + 1] for s in starts]))
            opt.zero_grad()
            loss.backward()
            opt.step()

    n = len(small_ids)
    mine, val = small_ids[: n * 9 // 10], small_ids[n * 9 // 10 :]
    scratch, tuned = (nn.Parameter(torch.randn(V * V, V)) for _ in range(2))
    train(scratch, mine, cfg["lr"])
    train(tuned, big_ids, cfg["lr"])
    train(tuned, mine, cfg["ft_lr"])
    return {name: losses(net, val).item() for name, net in (("scratch", scratch), ("finetuned", tuned))}
