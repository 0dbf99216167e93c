"""The reference: freeze all, wake three parts, read the stream where the last real token stands."""

import torch
from torch import nn


class GPTClassifier(nn.Module):
    def __init__(self, gpt, n_cls):
        super().__init__()
        parts = gpt.transformer
        gpt.requires_grad_(False)
        parts.h[-1].requires_grad_(True)
        parts.ln_f.requires_grad_(True)
        self.gpt = gpt
        self.head = nn.Linear(parts.wte.embedding_dim, n_cls)

    def forward(self, ids, mask):
        B, T = ids.shape
        parts = self.gpt.transformer
        x = parts.wte(ids) + parts.wpe(torch.arange(T, device=ids.device))  # (B, T, C)
        for block in parts.h:
            x = block(x)
        last = mask.sum(1) - 1  # (B,)
        return self.head(parts.ln_f(x[torch.arange(B, device=ids.device), last]))
