"""Milestone: the same classes at the size of GPT-2 124M, without a byte of memory for its weights."""

from __future__ import annotations

import dataclasses
import sys

import torch

from . import glue, gpt, groups
from .report import Report

FULL = glue.Config(12, 12, 768, 1024, 50257)
GPUS = {"H200": 989.5e12, "H100": 989.5e12, "A100": 312e12, "RTX 4090": 165e12}  # bfloat16 FLOP/s, datasheets
TOKENS, SHARE = 10e9, 0.4  # what build-nanogpt trains on; the share of the peak that a good loop reaches


def main() -> None:
    """Count parameters, groups, FLOPs, bytes and hours."""
    report = Report("full_size")
    with torch.device("meta"):
        model = gpt.GPT(FULL)
        opt = groups.configure_optimizers(model, 0.1, 6e-4, (0.9, 0.95), "cpu")
    count = sum(p.numel() for p in model.parameters())
    report.see("it has GPT-2's number of parameters", count == 124_439_808, f"{count:,}")
    sizes = {decay: 0 for decay in (0.1, 0.0)}
    for group in opt.param_groups:
        sizes[group["weight_decay"]] += sum(p.numel() for p in group["params"])
    report.see("its groups are those of GPT-2", list(sizes.values()) == [124_318_464, 121_344], sizes)
    C, L, T, V = FULL.n_embd, FULL.n_layer, FULL.block_size, FULL.vocab_size
    counted = sum(m.weight.numel() for m in model.modules() if isinstance(m, torch.nn.Linear))
    flops = 6 * counted + 12 * L * C * T
    report.see("a training token costs about 0.85 GFLOP (6N + 12·L·C·T)", abs(flops / 8.55e8 - 1) < 0.05, f"{flops:,}")
    cache = 2 * L * T * C * 2
    report.see("the cache of a full context is 37.7 MB in bfloat16", cache == 37_748_736, f"{cache:,} bytes")
    state = 16 * count
    print(f"- weights, gradients and AdamW's two moments take {state / 1e9:.2f} GB in float32", flush=True)
    chosen = sys.argv[1] if len(sys.argv) > 1 else "H100"
    if chosen not in GPUS:
        raise SystemExit(f"{chosen}: one of {', '.join(GPUS)}")
    hours = TOKENS * flops / (SHARE * GPUS[chosen]) / 3600
    print(f"- 10 billion tokens on one {chosen} at {SHARE:.0%} of its peak: {hours:.1f} hours", flush=True)
    small = dataclasses.replace(FULL, n_layer=1, n_head=2, n_embd=32, block_size=16, vocab_size=V)
    logits, _ = glue.build(small)(torch.zeros(1, 4, dtype=torch.long))
    report.see("it gives a logit for each of 50,257 tokens", logits.shape == (1, 4, V), tuple(logits.shape))
    report.done(parameters=count, flops_per_token=flops, hours={chosen: round(hours, 2)})


if __name__ == "__main__":
    main()
