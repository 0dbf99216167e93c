"""The oracle: no windows at random; a fixed plan of starts, and logits of all pairs of tokens from one table."""

import random

import torch
from torch import nn
from torch.nn import functional as F


def run(big_ids, small_ids, cfg, steps):
    rng = random.Random(cfg["seed"])
    torch.manual_seed(cfg["seed"])
    V, C, T = cfg["V"], cfg["C"], cfg["T"]

    def fresh():
        return nn.ModuleList([nn.Embedding(V, C), nn.Linear(2 * C, 4 * C), nn.Linear(4 * C, V)])

    def losses(net, rows):
        """Each token of the rows but the first two, from the two before it."""
        pairs = net[0](torch.stack([rows[..., :-2], rows[..., 1:-1]], -1)).flatten(-2)
        return F.cross_entropy(net[2](net[1](pairs).tanh()).flatten(0, -2), rows[..., 2:].flatten())

    def train(net, ids, lr):
        opt = torch.optim.Adam(net.parameters(), lr=lr)
        for _ in range(steps):
            starts = [rng.randrange(len(ids) - T) for _ in range(cfg["bs"])]
            loss = losses(net, torch.stack([ids[s : s + T + 1] for s in starts]))
            opt.zero_grad()
            loss.backward()
            opt.step()

    n = len(small_ids)
    mine, val = small_ids[: n * 9 // 10], small_ids[n * 9 // 10 :]
    scratch, tuned = fresh(), fresh()
    train(scratch, mine, cfg["lr"])
    train(tuned, big_ids, cfg["lr"])
    train(tuned, mine, cfg["ft_lr"])
    return {name: losses(net, val).item() for name, net in (("scratch", scratch), ("finetuned", tuned))}
