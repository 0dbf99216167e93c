"""The oracle: the same network as sums over its parameters, with a tanh."""

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, d_in, d_hid, d_out):
        super().__init__()
        self.fc1 = nn.Linear(d_in, d_hid)
        self.fc2 = nn.Linear(d_hid, d_out)

    def forward(self, x):
        hidden = [torch.tanh((x * w).sum(-1) + b) for w, b in zip(self.fc1.weight, self.fc1.bias)]
        outputs = [sum(h * w for h, w in zip(hidden, row)) + b for row, b in zip(self.fc2.weight, self.fc2.bias)]
        return torch.stack(outputs, -1)
