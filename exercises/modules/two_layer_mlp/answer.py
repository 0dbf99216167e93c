"""The reference: a layer, a kink, a layer."""

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, d_in: int, d_hid: int, d_out: int):
        super().__init__()
        self.fc1 = nn.Linear(d_in, d_hid)
        self.fc2 = nn.Linear(d_hid, d_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.fc1(x).relu()  # (…, d_hid)
        return self.fc2(hidden)
