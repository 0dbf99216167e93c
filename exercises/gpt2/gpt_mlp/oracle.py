"""The oracle: the formula of GELU, one position at a time."""

import math

import torch
from torch import nn


def bent(v):
    return 0.5 * v * (1 + torch.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v * v * v)))


class MLP(nn.Module):
    def __init__(self, config, layer_idx=0):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd)

    def forward(self, x):
        rows = []
        for row in x.reshape(-1, x.shape[-1]).unbind(0):
            hidden = bent(self.c_fc.weight @ row + self.c_fc.bias)
            rows.append(self.c_proj.weight @ hidden + self.c_proj.bias)
        return torch.stack(rows).reshape(x.shape)
