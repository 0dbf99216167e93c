"""The reference: a line, a running product, two roots that are lined up with the batch, and one squared error."""

from collections.abc import Callable

import torch

STEPS = 1000


def schedule(T: int) -> tuple[torch.Tensor, torch.Tensor]:
    beta = torch.linspace(1e-4, 0.02, T)
    return beta, (1 - beta).cumprod(0)


def q_sample(x0: torch.Tensor, t: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
    left = schedule(STEPS)[1][t].to(x0.dtype)  # (B,)
    left = left.view(-1, *[1] * (x0.dim() - 1))  # (B, 1, …)
    return left.sqrt() * x0 + (1 - left).sqrt() * eps


def loss(
    model: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], x0: torch.Tensor, gen: torch.Generator
) -> torch.Tensor:
    t = torch.randint(STEPS, (len(x0),), generator=gen)
    eps = torch.randn(x0.shape, generator=gen, dtype=x0.dtype)
    return (model(q_sample(x0, t, eps), t) - eps).square().mean()
