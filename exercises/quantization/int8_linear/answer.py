"""The reference: round to steps of a row, multiply with whole numbers, scale the results."""

import torch
import torch.nn.functional as F
from torch import nn


class Int8Linear(nn.Module):
    def __init__(self, q: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None):
        super().__init__()
        self.register_buffer("q", q)  # (O, I) int8
        self.register_buffer("scale", scale)  # (O,)
        self.register_buffer("bias", bias)  # (O,) or None

    @classmethod
    def from_linear(cls, lin: nn.Linear) -> "Int8Linear":
        w = lin.weight.detach()
        largest = w.abs().amax(1).clamp(min=torch.finfo(w.dtype).tiny)  # a row of zeros: no division by zero
        scale = largest / 127
        q = (w / scale[:, None]).round().to(torch.int8)
        return cls(q, scale, None if lin.bias is None else lin.bias.detach().clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.linear(x, self.q.to(x.dtype)) * self.scale
        return y if self.bias is None else y + self.bias
