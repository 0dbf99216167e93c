"""A second honest way: lay the cache out as tensors without memory, and ask them."""

import torch


def kv_bytes(n_layer, n_kv_head, head_dim, T, B, dtype):
    keys = torch.empty(n_layer, B, n_kv_head, T, head_dim, dtype=dtype, device="meta")
    values = torch.empty_like(keys)
    return sum(t.numel() * t.element_size() for t in (keys, values))


def max_batch(budget_bytes, n_layer, n_kv_head, head_dim, T, dtype):
    return divmod(budget_bytes, kv_bytes(n_layer, n_kv_head, head_dim, T, 1, dtype))[0]
