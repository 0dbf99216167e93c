"""The reference: one training function, called three times, and one measure."""

import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, V):
        super().__init__()
        self.V = V
        self.rows = nn.Embedding(V * V, V)

    def forward(self, idx):
        before = F.pad(idx, (1, 0))[:, :-1]
        return self.rows(before * self.V + idx)


def loss_of(model, windows):
    """Windows [B, T + 1]: every token but the first is predicted from those before it."""
    return F.cross_entropy(model(windows[:, :-1]).transpose(1, 2), windows[:, 1:])


def train(model, ids, cfg, steps, lr):
    opt = torch.optim.AdamW(model.parameters(), lr=lr)
    for _ in range(steps):
        starts = torch.randint(len(ids) - cfg["T"], (cfg["bs"], 1))
        loss = loss_of(model, ids[starts + torch.arange(cfg["T"] + 1)])
        opt.zero_grad()
        loss.backward()
        opt.step()
    return model


def run(big_ids, small_ids, cfg, steps):
    torch.manual_seed(cfg["seed"])
    cut = len(small_ids) * 9 // 10
    mine, val = small_ids[:cut], small_ids[cut:]
    scratch = train(Net(cfg["V"]), mine, cfg, steps, cfg["lr"])
    tuned = train(Net(cfg["V"]), big_ids, cfg, steps, cfg["lr"])
    train(tuned, mine, cfg, steps, cfg["ft_lr"])
    with torch.no_grad():
        return {"scratch": loss_of(scratch, val[None]).item(), "finetuned": loss_of(tuned, val[None]).item()}
