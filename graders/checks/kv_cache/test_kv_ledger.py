"""Checks for kv-ledger: one token, many tokens, dtypes, how many sequences fit, and the borders of a budget."""

import torch


def test_one_token(submission, draw, observe):
    """One token of one sequence: a key and a value in every layer and head"""
    for dtype in (torch.float32, torch.float16, torch.float32):
        layers, heads, width = draw.sizes(3, low=2, high=12)
        name = f"kv_bytes({layers}, {heads}, {width}, T=1, B=1, {dtype})"
        observe(name, submission.kv_bytes(layers, heads, width, T=1, B=1, dtype=dtype))


def test_kv_bytes(submission, draw, observe):
    """T tokens in each of B sequences"""
    for _ in range(3):
        layers, heads, width, length, batch = draw.sizes(5, low=2, high=20)
        name = f"kv_bytes({layers}, {heads}, {width}, {length}, {batch}, torch.float32)"
        observe(name, submission.kv_bytes(layers, heads, width, length, batch, torch.float32))


def test_dtype(submission, draw, observe):
    """Half precision takes half the room, 8-bit formats a quarter"""
    for dtype in (torch.float16, torch.float64, torch.bfloat16, torch.float8_e4m3fn, torch.int8):
        layers, heads, width, length, batch = draw.sizes(5, low=2, high=20)
        name = f"kv_bytes({layers}, {heads}, {width}, {length}, {batch}, {dtype})"
        observe(name, submission.kv_bytes(layers, heads, width, length, batch, dtype))


def test_models(submission, draw, observe):
    """GPT-2 keeps 36,864 bytes a token in float16, Llama-2 7B 512 KiB"""
    for model, sizes in (("GPT-2", (12, 12, 64)), ("Llama-2 7B", (32, 32, 128)), ("Llama-2 70B", (80, 8, 128))):
        length = draw.integer(100, 5000)
        name = f"{model}, {length} tokens in float16"
        observe(name, submission.kv_bytes(*sizes, length, 1, torch.float16))


def test_max_batch(submission, draw, observe):
    """As many sequences as fit, whole ones"""
    for dtype in (torch.float32, torch.float16, torch.int8):
        layers, heads, width, length = draw.sizes(4, low=2, high=20)
        one = 2 * layers * heads * width * length * dtype.itemsize
        budget = one * draw.integer(3, 40) + draw.integer(one // 3, one // 2)
        name = f"max_batch({budget}, {layers}, {heads}, {width}, {length}, {dtype})"
        observe(name, submission.max_batch(budget, layers, heads, width, T=length, dtype=dtype))


def test_border(submission, draw, observe):
    """A budget that just holds k sequences holds k; one byte less holds k − 1; 0 is an answer"""
    layers, heads, width, length = draw.sizes(4, low=2, high=20)
    one, k = 4 * layers * heads * width * length, draw.integer(2, 9)
    for budget in (k * one, k * one - 1, one, one - 1, 0):
        name = f"max_batch({budget}, {layers}, {heads}, {width}, {length}, torch.bfloat16)"
        observe(name, submission.max_batch(budget, layers, heads, width, length, torch.bfloat16))
