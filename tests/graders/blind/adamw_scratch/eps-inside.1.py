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
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                lr, wd, eps = group["lr"], group["weight_decay"], group["eps"]
                beta1, beta2 = group["betas"]
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    state = self.state[p]
                    if len(state) == 0:
                        state["t"] = 0
                        state["m"] = torch.zeros_like(p)
                        state["v"] = torch.zeros_like(p)
                    state["t"] += 1
                    t, g = state["t"], p.grad
                    state["m"] = beta1 * state["m"] + (1 - beta1) * g
                    state["v"] = beta2 * state["v"] + (1 - beta2) * g**2
                    m_hat = state["m"] / (1 - beta1**t)
                    v_hat = state["v"] / (1 - beta2**t)
                    u = lr * m_hat / (v_hat + eps).sqrt()
                    p.mul_(1 - lr * wd)
                    p.sub_(u)
        return loss
