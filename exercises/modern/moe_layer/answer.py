"""The reference: a loop over experts, each with the rows that chose it."""

import torch
from torch import nn


class MoE(nn.Module):
    def __init__(self, C: int, hidden: int, n_exp: int, k: int):
        super().__init__()
        self.k = k
        self.router = nn.Linear(C, n_exp, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(C, hidden), nn.GELU(), nn.Linear(hidden, C)) for _ in range(n_exp)
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores = self.router(x)  # (N, n_exp)
        top, chosen = scores.topk(self.k)  # (N, k)
        weight = top.softmax(-1)  # (N, k)
        y = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            row, place = torch.where(chosen == number)
            y = y.index_add(0, row, weight[row, place, None] * expert(x[row]))
        n_exp = len(self.experts)
        share = torch.bincount(chosen.flatten(), minlength=n_exp) / chosen.numel()
        aux = n_exp * (share * scores.softmax(-1).mean(0)).sum()
        return y, aux
