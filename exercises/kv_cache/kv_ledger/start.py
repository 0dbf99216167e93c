"""How much memory a cache of keys and values takes, and how many sequences fit."""

import torch


def kv_bytes(n_layer: int, n_kv_head: int, head_dim: int, T: int, B: int, dtype: torch.dtype) -> int:
    """The bytes of all keys and values that a model keeps while it generates.

    n_layer: how many attention layers, each with a cache of its own
    n_kv_head: how many heads of keys (and of values) a layer has; with grouped queries fewer than query heads
    head_dim: how many numbers a head has
    T: tokens in each sequence
    B: sequences
    dtype: how the numbers are stored, such as torch.float16, torch.float8_e4m3fn or torch.int8
    returns: the number of bytes, an int

    Example: GPT-2, one sequence of 1,024 tokens in float16: kv_bytes(12, 12, 64, 1024, 1, torch.float16) is 37748736.
    """
    raise NotImplementedError  # TODO: one product


def max_batch(budget_bytes: int, n_layer: int, n_kv_head: int, head_dim: int, T: int, dtype: torch.dtype) -> int:
    """How many sequences of T tokens have room in a cache of budget_bytes.

    budget_bytes: the memory left for the cache, in bytes; the weights are paid already
    returns: whole sequences, rounded down; 0 when not even one fits

    Example: max_batch(100_000_000, 12, 12, 64, 1024, torch.float16) is 2: three would take 113,246,208 bytes.
    """
    raise NotImplementedError  # TODO: one line
