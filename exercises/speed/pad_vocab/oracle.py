"""The oracle: counted up one by one; fresh modules filled row by row; ids looked at one by one."""

import torch
from torch import nn


def pad_to(n, m=128):
    total = 0
    while total < n:
        total += m
    return total


def resize_vocab_(model, V2):
    old = model.transformer.wte
    new = nn.Embedding(V2, old.embedding_dim, dtype=old.weight.dtype, device=old.weight.device)
    with torch.no_grad():
        for row in range(old.num_embeddings):
            new.weight[row] = old.weight[row]
    model.transformer.wte = new
    model.lm_head = nn.Linear(old.embedding_dim, V2, bias=False, device="meta")
    model.lm_head.weight = new.weight
    model.config.vocab_size = V2


def mask_pad_logits(logits, V):
    columns = []
    for i in range(logits.shape[-1]):
        column = logits[..., i]
        columns.append(column if i < V else torch.full_like(column, float("-inf")))
    return torch.stack(columns, dim=-1)
