"""The reference: rows are put below the table, one Parameter takes both places, and padding ids get no weight."""

import torch
from torch import nn


def pad_to(n: int, m: int = 128) -> int:
    return -(-n // m) * m


@torch.no_grad()
def resize_vocab_(model: nn.Module, V2: int) -> None:
    old = model.transformer.wte.weight  # (V, C)
    table = nn.Parameter(torch.cat([old, old.new_zeros(V2 - old.shape[0], old.shape[1])]))
    model.transformer.wte.weight = table
    model.lm_head.weight = table
    model.config.vocab_size = V2
    model.transformer.wte.num_embeddings = V2
    model.lm_head.out_features = V2


def mask_pad_logits(logits: torch.Tensor, V: int) -> torch.Tensor:
    padding = torch.arange(logits.shape[-1], device=logits.device) >= V  # (V2,)
    return logits.masked_fill(padding, float("-inf"))
