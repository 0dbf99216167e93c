"""Diffusion: how pictures become noise, and what a network is asked to see in it."""

from collections.abc import Callable

import torch


def schedule(T: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise for T steps: (beta, abar), each [T] float32.

    T: at least 1
    beta: the noise of one step; T numbers at equal distances from 0.0001 to 0.02 (for T = 1 the first)
    abar: the running product of 1 − beta, up to and with each step: how much of the picture's variance is left

    Example: schedule(2) is about ([0.0001, 0.02], [0.9999, 0.9799]).
    """
    raise NotImplementedError  # TODO


def q_sample(x0: torch.Tensor, t: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
    """The pictures after t + 1 of 1,000 steps at once: √abar[t] · x0 + √(1 − abar[t]) · eps, abar of schedule(1000).

    x0: [B, …] float32 or float64, any number of dimensions behind the batch, none too; not changed
    t: [B] int64 from 0 to 999, one step for each picture
    eps: noise, of the shape and dtype of x0
    returns: shape and dtype of x0
    """
    raise NotImplementedError  # TODO


def loss(
    model: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], x0: torch.Tensor, gen: torch.Generator
) -> torch.Tensor:
    """How well a model sees the noise: the mean squared error of model(x_t, t) and the eps that is in x_t.

    model: is called once, with x_t (shape of x0) and t [B] int64; its result has the shape of x0
    x0: [B, …], as above
    gen: all random numbers come from here: a step from 0 to 999 for each picture, all alike likely, and standard normal
        noise. Equal states give equal results, each call moves it on, and torch's own random numbers stay as they were
    returns: 0-d, a mean over all numbers; gradients reach the model
    """
    raise NotImplementedError  # TODO
