"""A second honest way: a trainer with a generator of its own, one optimizer whose rate is lowered, a copied start."""

import copy

import torch
from torch import nn
from torch.nn import functional as F


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.gen = torch.Generator().manual_seed(cfg["seed"])
        self.table = nn.Parameter(torch.randn(cfg["V"], cfg["V"], cfg["V"], generator=self.gen))
        self.opt = torch.optim.Adam([self.table], lr=cfg["lr"])

    def logits(self, idx):
        before = torch.zeros_like(idx)
        before[:, 1:] = idx[:, :-1]
        return self.table[before, idx]

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
