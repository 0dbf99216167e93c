"""The oracle: the bytes of real tensors on the meta device, for one parameter; the rest is multiplication."""

import torch


def ledger(n_params, precision, optimizer, zero_stage, world):
    dtype = torch.bfloat16 if precision == "mixed" else torch.float32
    p = torch.empty(1, dtype=dtype, device="meta")
    state = [torch.empty(1, device="meta")] * {"adamw": 2, "momentum": 1, "sgd": 0}[optimizer]
    if p.dtype != torch.float32:
        state = [*state, p.float()]
    parts = {"optimizer": state, "gradients": [torch.empty_like(p)], "weights": [p]}
    found = {}
    for stage, (name, tensors) in enumerate(parts.items(), 1):
        found[name] = n_params * sum(t.element_size() for t in tensors) / (world if stage <= zero_stage else 1)
    return {**found, "total": sum(found.values())}
