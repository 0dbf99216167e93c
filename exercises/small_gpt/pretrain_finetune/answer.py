"""The reference: one training function, called three times, and one measure."""

import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, V, C):
        super().__init__()
        self.table = nn.Embedding(V, C)
        self.mlp = nn.Sequential(nn.Linear(2 * C, 4 * C), nn.Tanh(), nn.Linear(4 * C, V))

    def forward(self, idx):
        x = self.table(idx)
        before = F.pad(x, (0, 0, 1, 0))[:, :-1]
        return self.mlp(torch.cat([before, x], dim=2))


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
    scratch = train(Net(cfg["V"], cfg["C"]), mine, cfg, steps, cfg["lr"])
    tuned = train(Net(cfg["V"], cfg["C"]), big_ids, cfg, steps, cfg["lr"])
    train(tuned, mine, cfg, steps, cfg["ft_lr"])
    with torch.no_grad():
        return {"scratch": loss_of(scratch, val[None]).item(), "finetuned": loss_of(tuned, val[None]).item()}
