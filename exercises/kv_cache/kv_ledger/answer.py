"""The reference: a key and a value for each token, in each layer and head."""

import torch


def kv_bytes(n_layer: int, n_kv_head: int, head_dim: int, T: int, B: int, dtype: torch.dtype) -> int:
    per_token = 2 * n_layer * n_kv_head * head_dim * dtype.itemsize
    return per_token * T * B


def max_batch(budget_bytes: int, n_layer: int, n_kv_head: int, head_dim: int, T: int, dtype: torch.dtype) -> int:
    return budget_bytes // kv_bytes(n_layer, n_kv_head, head_dim, T, 1, dtype)
