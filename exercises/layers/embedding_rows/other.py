"""A second honest way: gather from a table of which one row has no history."""

import torch
from torch import nn


class Embedding(nn.Module):
    def __init__(self, V, D, padding_idx=None):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(V, D))
        nn.init.normal_(self.weight)
        self.trained = torch.tensor([[i != padding_idx] for i in range(V)])
        with torch.no_grad():
            self.weight.mul_(self.trained)

    def forward(self, idx):
        table = torch.where(self.trained.to(idx.device), self.weight, self.weight.detach())
        where = idx.reshape(-1, 1).expand(-1, table.shape[1])
        return table.gather(0, where).view(*idx.shape, table.shape[1])
