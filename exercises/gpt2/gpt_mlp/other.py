"""A second honest way: the activation as a module without weights, and dropout that the config may ask for."""

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, config, layer_idx=0):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, C * 4, bias=True)
        self.act = nn.GELU(approximate="tanh")
        self.c_proj = nn.Linear(C * 4, C, bias=True)
        self.c_proj.is_residual_output = True
        self.dropout = nn.Dropout(getattr(config, "dropout", 0.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.c_fc(x)
        x = self.act(x)
        x = self.c_proj(x)
        return self.dropout(x)
