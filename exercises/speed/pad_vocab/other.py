"""A second honest way: the remainder is added, the same Parameter gets longer data, and −inf is put behind."""

import math

import torch


def pad_to(n, m=128):
    return n + (m - n % m) % m


def resize_vocab_(model, V2):
    table = model.transformer.wte.weight
    new = torch.empty(V2, table.shape[1], dtype=table.dtype, device=table.device).normal_(std=0.02)
    new[: len(table)] = table.detach()
    table.data = new  # the Parameter stays who it is, so the tie holds by itself
    model.config.vocab_size = model.transformer.wte.num_embeddings = model.lm_head.out_features = V2
    return model


def mask_pad_logits(logits, V):
    real = logits[..., :V]
    return torch.cat([real, torch.full_like(logits[..., V:], -math.inf)], dim=-1)
