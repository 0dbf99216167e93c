"""The reference: rows picked by index; those of the pad are cut from the graph."""

import torch
from torch import nn


class Embedding(nn.Module):
    def __init__(self, V: int, D: int, padding_idx: int | None = None):
        super().__init__()
        table = torch.randn(V, D)
        if padding_idx is not None:
            table[padding_idx] = 0
        self.weight = nn.Parameter(table)
        self.padding_idx = padding_idx

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        rows = self.weight[idx]  # (…, D)
        if self.padding_idx is None:
            return rows
        pad = (idx == self.padding_idx)[..., None]
        return torch.where(pad, rows.detach(), rows)
