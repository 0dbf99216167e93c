"""The reference: a number, a counter, and two flags that `update` clears."""

import torch


class Scaler:
    def __init__(self, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
        self.value, self.growth, self.backoff, self.interval = float(init), growth, backoff, interval
        self.good = 0  # steps in a row without inf or NaN
        self.unscaled = False
        self.overflow = False

    def get_scale(self) -> float:
        return self.value

    def scale(self, loss):
        return loss * self.value

    def unscale_(self, opt):
        if self.unscaled:
            raise RuntimeError("unscale_ was called already since the last update")
        self.unscaled = True
        for group in opt.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad.div_(self.value)
                    self.overflow |= not torch.isfinite(p.grad).all().item()

    def step(self, opt):
        if not self.unscaled:
            self.unscale_(opt)
        if not self.overflow:
            opt.step()

    def update(self):
        self.good = 0 if self.overflow else self.good + 1
        if self.overflow:
            self.value *= self.backoff
        elif self.good == self.interval:
            self.value *= self.growth
            self.good = 0
        self.unscaled = self.overflow = False
