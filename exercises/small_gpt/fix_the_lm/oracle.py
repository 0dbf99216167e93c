"""The oracle: no mask at all; every position is computed alone, from its own past."""

import torch
from torch import nn


class TransformerLM(nn.Module):
    def __init__(self, vocab_size, d_model, n_head, n_layer, max_len, dropout=0.0):
        super().__init__()
        self.max_len = max_len
        self.embed = nn.Embedding(vocab_size, d_model)
        self.position = nn.Parameter(torch.randn(max_len, d_model))
        layer = nn.TransformerEncoderLayer(d_model, n_head, 4 * d_model, dropout, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_layer)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, idx):
        found = []
        for t in range(idx.shape[1]):
            x = self.embed(idx[:, : t + 1]) + self.position[: t + 1]
            found.append(self.head(self.encoder(x)[:, t]))
        return torch.stack(found, 1)

    def generate(self, idx, n_new):
        rows = idx.tolist()
        for _ in range(n_new):
            seen = torch.tensor([row[-self.max_len :] for row in rows])
            for row, logits in zip(rows, self(seen)[:, -1].tolist()):
                row.append(logits.index(max(logits)))
        return torch.tensor(rows)
