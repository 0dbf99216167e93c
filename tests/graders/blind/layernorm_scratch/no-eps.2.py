"""The norm of the transformer: every vector on its own, to mean 0 and spread 1."""

import torch
from torch import nn


class LayerNorm(nn.Module):
    """y = (x − mean) / √(variance + eps) · weight + bias, over the last dimension.

    D: the size of the last dimension; 1 is allowed (then the result is the bias)
    eps: a small number that keeps the root away from 0
    bias: False for a norm without a shift

    Mean and variance are those of each vector of D numbers; the variance divides by D. Parameters, and keys of the
    state_dict: weight [D], which starts at ones, and bias [D], at zeros; with bias=False there is no bias among them.

    torch's norm layers are out of bounds here.
    """

    def __init__(self, D: int, eps: float = 1e-5, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(D))
        self.register_parameter("bias", nn.Parameter(torch.zeros(D)) if bias else None)
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, D], with any leading dimensions or none; not changed. Returns x's shape and dtype.

        Example: with a new LayerNorm(2, eps=0), [1., 3.] gives [-1., 1.].
        """
        var, mu = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
        std = var ** 0.5
        x_hat = (x - mu) / std
        shift = 0 if self.bias is None else self.bias
        return (x_hat * self.weight + shift).to(x.dtype)
