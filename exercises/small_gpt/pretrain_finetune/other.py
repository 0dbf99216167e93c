"""A second honest way: a trainer with a generator of its own, one optimizer whose rate is lowered, a copied start."""

import copy

import torch
from torch import nn
from torch.nn import functional as F


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.gen = torch.Generator().manual_seed(cfg["seed"])
        torch.manual_seed(cfg["seed"] + 1)
        V, C = cfg["V"], cfg["C"]
        self.table = nn.Embedding(V, C)
        self.body = nn.Sequential(nn.Linear(2 * C, 4 * C), nn.Tanh(), nn.Linear(4 * C, V))
        self.both = nn.ModuleList([self.table, self.body])
        self.opt = torch.optim.Adam(self.both.parameters(), lr=cfg["lr"])

    def logits(self, idx):
        x = self.table(idx)
        shifted = torch.zeros_like(x)
        shifted[:, 1:] = x[:, :-1]
        return self.body(torch.cat([shifted, x], -1))

    def fit(self, ids, steps):
        windows = ids.unfold(0, self.cfg["T"] + 1, 1)
        for _ in range(steps):
            batch = windows[torch.randint(len(windows), (self.cfg["bs"],), generator=self.gen)]
            loss = F.cross_entropy(self.logits(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()

    @torch.inference_mode()
    def measure(self, val):
        logp = self.logits(val[None, :-1])[0].log_softmax(-1)
        return -logp.gather(1, val[1:, None]).mean().item()


def run(big_ids, small_ids, cfg, steps):
    cut = 9 * len(small_ids) // 10
    a = Trainer(cfg)
    b = copy.deepcopy(a)
    a.fit(small_ids[:cut], steps)
    b.fit(big_ids, steps)
    b.opt.param_groups[0]["lr"] = cfg["ft_lr"]
    b.fit(small_ids[:cut], steps)
    return {"finetuned": b.measure(small_ids[cut:]), "scratch": a.measure(small_ids[cut:])}
