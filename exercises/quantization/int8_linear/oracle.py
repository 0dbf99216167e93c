"""The oracle: row by row, with plain rounding."""

import torch
from torch import nn


class Int8Linear(nn.Module):
    @classmethod
    def from_linear(cls, lin):
        layer = cls()
        rows, scales = [], []
        for row in lin.weight.tolist():
            step = max(abs(w) for w in row) / 127 or 1.0
            scales.append(step)
            rows.append([round(w / step) for w in row])
        layer.register_buffer("rows", torch.tensor(rows, dtype=torch.int8))
        layer.register_buffer("scales", torch.tensor(scales))
        layer.register_buffer("bias", None if lin.bias is None else lin.bias.detach().clone())
        return layer

    def forward(self, x):
        columns = []
        for n in range(len(self.rows)):
            y = (x * self.rows[n]).sum(-1) * self.scales[n]
            columns.append(y if self.bias is None else y + self.bias[n])
        return torch.stack(columns, -1)
