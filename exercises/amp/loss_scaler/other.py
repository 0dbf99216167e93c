"""A second honest way: one vector of all gradients says whether they are finite; a countdown to the next growth."""

import torch


class Scaler:
    def __init__(self, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
        self._scale = torch.tensor(float(init))
        self._factors = growth, backoff
        self._interval = self._left = interval
        self._finite = None  # unknown until the gradients are unscaled

    def get_scale(self):
        return self._scale.item()

    def scale(self, loss):
        return self._scale * loss

    @torch.no_grad()
    def unscale_(self, opt):
        if self._finite is not None:
            raise RuntimeError("twice")
        params = [p for group in opt.param_groups for p in group["params"] if p.grad is not None]
        for p in params:
            p.grad = p.grad * (1 / self._scale)
        total = sum((p.grad.double() * 0).sum() for p in params)
        self._finite = bool(total == 0)

    def step(self, opt):
        if self._finite is None:
            self.unscale_(opt)
        return opt.step() if self._finite else None

    def update(self):
        growth, backoff = self._factors
        if self._finite:
            self._left -= 1
            if self._left == 0:
                self._scale *= growth
                self._left = self._interval
        else:
            self._scale *= backoff
            self._left = self._interval
        self._finite = None
