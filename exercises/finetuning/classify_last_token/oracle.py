"""The oracle: one text at a time, cut to its real tokens, so that there is nothing filled in at all."""

import torch
from torch import nn


class GPTClassifier(nn.Module):
    def __init__(self, gpt, n_cls):
        super().__init__()
        self.gpt = gpt
        t = gpt.transformer
        for name, p in gpt.named_parameters():
            p.requires_grad_(name.startswith((f"transformer.h.{len(t.h) - 1}.", "transformer.ln_f.")))
        self.head = nn.Linear(t.wte.weight.shape[1], n_cls)

    def forward(self, ids, mask):
        t, rows = self.gpt.transformer, []
        for row, real in zip(ids, mask, strict=True):
            n = int(real.sum())
            x = t.wte(row[:n])[None] + t.wpe.weight[None, :n]
            with torch.no_grad():
                for block in t.h[:-1]:
                    x = block(x)
            rows.append(self.head(t.ln_f(t.h[-1](x)))[0, -1])
        return torch.stack(rows)
