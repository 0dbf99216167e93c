"""The reference: a causal mask in both modes, a table of positions, a cropped context."""

import torch
from torch import nn


class TransformerLM(nn.Module):
    def __init__(self, vocab_size, d_model, n_head, n_layer, max_len, dropout=0.0):
        super().__init__()
        self.max_len = max_len
        self.embed = nn.Embedding(vocab_size, d_model)
        self.position = nn.Embedding(max_len, d_model)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(d_model, n_head, d_model, dropout, batch_first=True) for _ in range(n_layer)
        )
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, idx):
        T = idx.shape[1]
        x = self.embed(idx) + self.position(torch.arange(T, device=idx.device))
        future = torch.ones(T, T, dtype=torch.bool, device=idx.device).triu(1)
        for layer in self.layers:
            x = layer(x, src_mask=future)
        return self.head(x)

    @torch.no_grad()
    def generate(self, idx, n_new):
        for _ in range(n_new):
            logits = self(idx[:, -self.max_len :])[:, -1]
            idx = torch.cat([idx, logits.argmax(1, keepdim=True)], dim=1)
        return idx
