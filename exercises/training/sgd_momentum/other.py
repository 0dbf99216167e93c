"""A second honest way: plain formulas, a new velocity tensor at every step, the weights written with copy_."""

import torch


class SGD(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0, weight_decay=0, nesterov=False):
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, defaults)

    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            lr, m, wd = group["lr"], group["momentum"], group["weight_decay"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad.detach() + wd * p.detach()
                v = m * self.state[p].get("v", torch.zeros_like(g)) + g
                self.state[p]["v"] = v
                update = g + m * v if group["nesterov"] else v
                p.data.copy_(p.detach() - lr * update)
        return loss
