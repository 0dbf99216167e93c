"""The reference: one velocity a parameter, kept in `state`; the update in place, outside of any graph."""

import torch


class SGD(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.0, weight_decay=0.0, nesterov=False):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(self.direction(p, group), alpha=-group["lr"])
        return loss

    def direction(self, p, group):
        """The gradient with decay, and with what momentum makes of it."""
        g = p.grad.add(p, alpha=group["weight_decay"])
        m = group["momentum"]
        state = self.state[p]
        if "velocity" not in state:
            state["velocity"] = g
        else:
            state["velocity"].mul_(m).add_(g)
        return g.add(state["velocity"], alpha=m) if group["nesterov"] else state["velocity"]
