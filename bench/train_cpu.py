"""Training tokens per second on this CPU: ours against nanoGPT, build-nanogpt and transformers, in one process.

    python bench/train_cpu.py [--nanogpt DIR] [--build-nanogpt DIR] [--rounds 3] [--json]
    python bench/train_cpu.py --tiny        every line of it, in seconds

GPT-2 124M at 512 tokens of context, four windows a step: forward, backward, clip, AdamW. nanoGPT computes in float32
on a CPU, build-nanogpt as shipped under bfloat16 autocast, transformers' model with its defaults in float32; ours in
both precisions, as `gpt2.train` would choose by timing. All take turns in every round, so that a busy minute falls on
all of them; the figure to read is the ratio, the median over the rounds. The last column is the share of the matmul
rate that was measured in this same run, by the convention 6N + 12·L·C·T.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from contestants import Contestant, Setting, ours, peer, transformers_model

from gpt2 import device, forecast
from gpt2.config import Model


def contestants(setting: Setting, nanogpt: Path | None, build_nanogpt: Path | None) -> list[Contestant]:
    """All rows that can be run here, ours first."""
    made = [ours(setting, "float32"), ours(setting, "bfloat16"), transformers_model(setting, autocast=False)]
    for name, folder, file, autocast in (
        ("nanoGPT", nanogpt, "model.py", False), ("build-nanogpt", build_nanogpt, "train_gpt2.py", True),
    ):  # fmt: skip
        if folder is None:
            print(f"{name}: no checkout was named, so it has no row", file=sys.stderr)
        else:
            made.append(peer(setting, name, folder / file, autocast, compiled=False))
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nanogpt", type=Path)
    parser.add_argument("--build-nanogpt", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1, help="timed steps of a row in a round")
    parser.add_argument("--tiny", action="store_true", help="a model of a few thousand weights: does it run at all?")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    threads, cpu = device.set_threads(0), torch.device("cpu")
    shape = Model(2, 2, 32, 16, 300) if given.tiny else Model(block_size=512)
    setting = Setting(shape, cpu, micro_batch=2 if given.tiny else 4)
    flops = forecast.flops_per_token(shape)
    peaks = {name: device.matmul_rate(cpu, dtype) for name, dtype in device.DTYPES.items()}
    made = contestants(setting, given.nanogpt, given.build_nanogpt)
    for one in made:
        one.step()
    rates: dict[str, list[float]] = {one.name: [] for one in made}
    for turn in range(given.rounds):
        for one in made[:: 1 if turn % 2 == 0 else -1]:
            begun = time.perf_counter()
            for _ in range(given.steps):
                one.step()
            rates[one.name].append(given.steps * setting.tokens / (time.perf_counter() - begun))
    best = max(("ours, float32", "ours, bfloat16"), key=lambda name: statistics.median(rates[name]))
    rows = []
    for name, found in rates.items():
        ratios = [a / b for a, b in zip(rates[best], found, strict=True)]
        half = "bfloat16" if "bfloat16" in name or "autocast" in name else "float32"
        rows.append(
            {
                "name": name,
                "tokens_per_second": round(statistics.median(found), 1),
                "ours_is_faster_by": round(statistics.median(ratios), 2),
                "range": [round(min(ratios), 2), round(max(ratios), 2)],
                "share_of_matmul_rate": round(statistics.median(found) * flops / peaks[half], 3),
            }
        )
    if given.json:
        print(json.dumps({"version": 1, "threads": threads, "ours": best, "matmul": peaks, "rows": rows}))
        return
    rate = ", ".join(f"{n} {p / 1e9:,.0f} GFLOP/s" for n, p in peaks.items())
    print(f"{threads} threads, matmul {rate}; compared with {best}")
    for row in rows:
        print(
            f"{row['name']:<34}{row['tokens_per_second']:>9,.1f} tokens/s  ours ×{row['ours_is_faster_by']:.2f}  "
            f"{row['share_of_matmul_rate']:.0%} of its matmul rate"
        )


if __name__ == "__main__":
    main()
