"""A second honest way: the corrections in the step's size, lerp for the averages, decay after the update."""

import math

import torch


class AdamW(torch.optim.Optimizer):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01):
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    def step(self, closure=None):
        loss = closure() if closure else None
        with torch.no_grad():
            for group in self.param_groups:
                b1, b2 = group["betas"]
                for p in group["params"]:
                    g = p.grad
                    if g is None:
                        continue
                    s = self.state[p]
                    t = s["t"] = s.get("t", 0) + 1
                    if t == 1:
                        s["avg"], s["square"] = torch.zeros_like(g), torch.zeros_like(g)
                    s["avg"].lerp_(g, 1 - b1)
                    s["square"].lerp_(g * g, 1 - b2)
                    root = s["square"].sqrt() / math.sqrt(1 - b2**t)
                    p.addcdiv_(s["avg"], root + group["eps"], value=-group["lr"] / (1 - b1**t))
                    p -= group["lr"] * group["weight_decay"] * p
        return loss
