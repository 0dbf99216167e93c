"""The reference: look up, flatten, hidden layer, output layer, and the way around."""

import torch
from torch import nn


class MLPLM(nn.Module):
    def __init__(self, V: int, k: int, d: int, h: int, direct: bool = False):
        super().__init__()
        self.emb = nn.Embedding(V, d)
        self.hidden = nn.Linear(k * d, h)
        self.out = nn.Linear(h, V)
        self.direct = nn.Linear(k * d, V, bias=False) if direct else None

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        e = self.emb(X).flatten(1)  # (N, k, d) → (N, k·d)
        logits = self.out(torch.tanh(self.hidden(e)))  # (N, V)
        return logits if self.direct is None else logits + self.direct(e)
