"""A loss scaler: small gradients are lifted over float16's floor, and too large a lift is noticed."""

import torch


class Scaler:
    """Multiplies the loss by a scale, divides the gradients by it, and finds the scale by trying.

        scaler = Scaler()
        scaler.scale(loss).backward()
        scaler.unscale_(opt)        # optional: only if somebody wants to see or clip the true gradients
        clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(opt)
        scaler.update()

    One optimizer, whose gradients are float32. A step is *bad* if any gradient of any parameter holds an inf or a
    NaN; a parameter without a gradient (None) is passed over.
    """

    def __init__(self, init: float = 65536.0, growth: float = 2.0, backoff: float = 0.5, interval: int = 2000) -> None:
        """Start with the scale `init`; see `update` for the rest."""
        self.s = torch.tensor(float(init), dtype=torch.float64)
        self.growth, self.backoff, self.interval = growth, backoff, interval
        self.left = interval       # good steps until the scale may grow
        self.round = {}

    def get_scale(self) -> float:
        """The scale of now, a Python float."""
        return self.s.item()

    def scale(self, loss: torch.Tensor) -> torch.Tensor:
        """loss () float32, times the scale; part of the graph."""
        return loss.mul(self.get_scale())

    def unscale_(self, opt: torch.optim.Optimizer) -> None:
        """Divide every gradient of the optimizer's parameters, in all its groups, by the scale.

        Raises RuntimeError when called a second time before `update`.
        """
        if "unscaled" in self.round:
            raise RuntimeError("gradients are unscaled already")
        for g in self.gradients(opt):
            g /= self.get_scale()
        self.round["unscaled"] = True

    def gradients(self, opt):
        return [p.grad for group in opt.param_groups for p in group["params"] if p.grad is not None]

    def step(self, opt: torch.optim.Optimizer) -> None:
        """Unscale, unless that was done already; then call opt.step(), unless the step is bad."""
        self.round["finite"] = all(bool(torch.isfinite(g).all()) for g in self.gradients(opt))
        if self.round["finite"]:
            opt.step()

    def update(self) -> None:
        """Find the next scale; called once after each `step`.

        After a bad step the scale is multiplied by `backoff`. After `interval` good steps in a row it is multiplied
        by `growth`, and the counting begins anew; so it does after a bad step.

        Example: Scaler(init=8, interval=2) after steps good, good, bad, good: the scales are 8, 16, 8, 8.
        """
        if self.round["finite"]:
            self.left -= 1
            if self.left == 0:
                self.s = self.s * self.growth
                self.left = self.interval
        else:
            self.s = self.s * self.backoff
            self.left = self.interval
        self.round = {}
