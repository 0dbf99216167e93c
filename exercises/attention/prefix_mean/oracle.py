"""The oracle: causal attention of queries and keys that are all alike gives equal weights to the past."""

import torch


def prefix_mean(x):
    alike = torch.zeros_like(x)
    return torch.nn.functional.scaled_dot_product_attention(alike, alike, x, is_causal=True)
