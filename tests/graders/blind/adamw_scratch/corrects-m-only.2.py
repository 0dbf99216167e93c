"""AdamW, the optimizer that GPT-2 and nearly everything after it was trained with."""

from collections.abc import Callable, Iterable
from typing import Any

import torch


class AdamW(torch.optim.Optimizer):
    """Adam with decoupled weight decay.

    For every parameter p with gradient g, in its step number t = 1, 2, …, counted for each parameter by itself:

        m = beta1 · m + (1 − beta1) · g          starts at 0
        v = beta2 · v + (1 − beta2) · g²         starts at 0
        u = lr · (m / (1 − beta1ᵗ)) / (√(v / (1 − beta2ᵗ)) + eps)
        p = p · (1 − lr · weight_decay) − u      or the same with decay last: (p − u) · (1 − lr · weight_decay)

    params: parameters, or a list of groups ({"params": [...], "lr": ...}) whose options win over the defaults; the
        options of each group stand in self.param_groups under the names lr, betas, eps, weight_decay
    betas: a pair (beta1, beta2), each in [0, 1)

    A parameter whose grad is None is left alone: no decay, no step counted. Gradients are not written to. What must
    outlive a step stands in self.state[p], so that state_dict() and load_state_dict() carry it over. An option changed
    in self.param_groups, such as lr by a schedule, counts from the next step on. Write the update yourself: no
    optimizer of torch's inside.

    Example: with lr 0.1 and weight_decay 0.0 a parameter at 1.0 with gradient 5.0 goes to 0.9, and so it does with
    gradient 0.005: the first step has the size of lr.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults)  # fills self.param_groups and self.state

    def step(self, closure: Callable[[], torch.Tensor] | None = None) -> torch.Tensor | None:
        """Update every parameter once, in place and outside of any graph; if a closure is given, call it first, with
        gradients on, and return the loss it returns."""
        loss = torch.enable_grad()(closure)() if closure else None
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._update(p, p.grad, group)
        return loss

    @torch.no_grad()
    def _update(self, p, grad, opts):
        s = self.state[p]
        if "step" not in s:
            s["step"] = 0
            s["exp_avg"] = torch.zeros_like(p)
            s["exp_avg_sq"] = torch.zeros_like(p)
        s["step"] += 1
        b1, b2 = opts["betas"]
        s["exp_avg"].lerp_(grad, 1 - b1)
        s["exp_avg_sq"].mul_(b2).addcmul_(grad, grad, value=1 - b2)
        # what the average is short of, because it began at 0
        c1 = 1 - b1 ** s["step"]
        denom = s["exp_avg_sq"].sqrt().add_(opts["eps"])
        p.sub_(opts["lr"] * (s["exp_avg"] / c1) / denom)
        p.mul_(1 - opts["lr"] * opts["weight_decay"])     # decay last, apart from the gradient
