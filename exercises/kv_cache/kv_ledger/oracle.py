"""The oracle: count the numbers one by one along each axis, and try batches until one is too many."""

import torch


def kv_bytes(n_layer, n_kv_head, head_dim, T, B, dtype):
    size, total = torch.zeros(1, dtype=dtype).untyped_storage().nbytes(), 0
    for _ in range(n_layer):
        for _ in range(n_kv_head):
            total += size * head_dim * T * B  # keys
            total += size * head_dim * T * B  # values
    return total


def max_batch(budget_bytes, n_layer, n_kv_head, head_dim, T, dtype):
    B = 0
    while kv_bytes(n_layer, n_kv_head, head_dim, T, B + 1, dtype) <= budget_bytes:
        B += 1
    return B
