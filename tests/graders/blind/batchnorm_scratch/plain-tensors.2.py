"""Batch normalization: every channel to mean 0 and spread 1, over whoever is in the batch."""

import torch
from torch import nn


class BatchNorm1d(nn.Module):
    """y = (x − mean) / √(variance + eps) · weight + bias, for each of D channels.

    D: the number of channels; eps: keeps the root away from 0; momentum: how much of a new batch the averages take in

    In train mode mean and variance are the batch's own: over N for x [N, D], over N and T for x [N, T, D]; this
    variance divides by the number of values. Each such forward also moves the running statistics:
        running = (1 − momentum) · running + momentum · (that of the batch),
    where the variance that goes in divides by the number of values minus 1. In eval mode the running statistics take
    the place of the batch's, and stay as they are.

    Parameters weight [D] (ones at first) and bias [D] (zeros); buffers running_mean [D] (zeros) and running_var [D]
    (ones). These four are the keys of the state_dict; the buffers never carry a graph.

    Channels are last here also in three dimensions, unlike in torch's own BatchNorm1d, which wants [N, D, T]. torch's
    batch norms are out of bounds.
    """

    def __init__(self, D: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.D = D
        self.eps = eps
        self.momentum = momentum
        for name, start in (("weight", 1.0), ("bias", 0.0)):
            self.register_parameter(name, nn.Parameter(torch.full((D,), start)))
        for name, start in (("running_mean", 0.0), ("running_var", 1.0)):
            setattr(self, name, torch.full((D,), start))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: [N, D] or [N, T, D], not changed; in train mode with at least two values for each channel.

        Returns x's shape and dtype. Example: with a new BatchNorm1d(1, eps=0) in train mode, [[1.], [3.]] gives
        [[-1.], [1.]]; then running_mean is [0.2], and running_var [1.1].
        """
        rows = x.reshape(-1, self.D)                     # all values of a channel in one column
        if self.training:
            mu = rows.sum(0) / len(rows)
            dev = rows - mu
            sigma2 = (dev ** 2).sum(0) / len(rows)
            self._remember(mu.detach(), (dev.detach() ** 2).sum(0) / (len(rows) - 1))
        else:
            mu, sigma2 = self.running_mean, self.running_var
        normed = (rows - mu) * torch.rsqrt(sigma2 + self.eps)
        out = torch.addcmul(self.bias, normed, self.weight)
        return out.reshape(x.shape).type_as(x)

    def _remember(self, mean, var):
        m = self.momentum
        self.running_mean = ((1 - m) * self.running_mean + m * mean).to(self.running_mean.dtype)
        self.running_var = ((1 - m) * self.running_var + m * var).to(self.running_var.dtype)
