"""Training tokens per second on this CPU: ours against nanoGPT, build-nanogpt and transformers, in turns.

    python bench/train_cpu.py [--nanogpt DIR] [--build-nanogpt DIR] [--rounds 3] [--threads N]
                              [--only WORD …] [--json]
    python bench/train_cpu.py --tiny        every line of it, in seconds

GPT-2 124M at 512 tokens of context, four windows a step: forward, backward, clip, AdamW. nanoGPT computes in float32
on a CPU, build-nanogpt as shipped under bfloat16 autocast, transformers' model with its defaults in float32; ours in
both precisions, as `gpt2.train` would choose by timing. They take turns, each turn in a fresh process: three steps to
warm up and then those that count. So a busy minute falls on all of them, and so does luck: where the kernel happens to
put a process's memory makes it up to a tenth faster or slower for as long as it lives. The figures to read are the
ratios, medians over the rounds. Where others keep the machine busy, the ratios by CPU time (in brackets)
say more than the clock on the wall. The last column is the share of the matmul rate that was measured in this same run,
by the convention 6N + 12·L·C·T.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import time
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from contestants import Builder, Setting, ours, peer, transformers_model

from gpt2 import device, forecast
from gpt2.config import Model


def builders(nanogpt: Path | None, build_nanogpt: Path | None) -> dict[str, Builder]:
    """Return all rows that can be run here, ours first."""
    made: dict[str, Builder] = {
        "ours, float32": partial(ours, dtype="float32"),
        "ours, bfloat16": partial(ours, dtype="bfloat16"),
        "transformers, defaults": partial(transformers_model, autocast=False),
    }
    for name, folder, file, autocast in (
        ("nanoGPT", nanogpt, "model.py", False), ("build-nanogpt", build_nanogpt, "train_gpt2.py", True),
    ):  # fmt: skip
        if folder is None:
            print(f"{name}: no checkout was named, so it has no row", file=sys.stderr)
        else:
            full = f"{name}, as shipped" + (", autocast" if autocast else "")
            made[full] = partial(peer, name=name, path=folder / file, autocast=autocast, compiled=False)
    return made


WARM = 3
"""Steps before those that count: memory that a process keeps has then been touched."""


def serve(pipe: Connection, name: str, build: Builder, setting: Setting, threads: int, steps: int) -> None:
    """Be one contestant for one turn: answer with the seconds of wall and CPU that so many steps took."""
    torch.set_num_threads(threads)
    if name.startswith("ours"):
        device.keep_memory(in_large_pages=True)
    step = build(setting).step
    for _ in range(WARM):
        step()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    pipe.send((time.perf_counter() - wall, time.process_time() - cpu))


def turn(name: str, build: Builder, setting: Setting, threads: int, steps: int) -> tuple[float, float]:
    """Start one contestant, wait for its figures and for its end."""
    spawn = multiprocessing.get_context("spawn")
    pipe, theirs = spawn.Pipe()
    worker = spawn.Process(target=serve, args=(theirs, name, build, setting, threads, steps), daemon=True)
    worker.start()
    theirs.close()
    wall, cpu = pipe.recv()
    worker.join()
    return wall, cpu


def median_ratio(ours: list[float], theirs: list[float]) -> tuple[float, list[float]]:
    """Return the median of theirs / ours over the rounds, and the least and the greatest."""
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return round(statistics.median(ratios), 2), [round(min(ratios), 2), round(max(ratios), 2)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nanogpt", type=Path)
    parser.add_argument("--build-nanogpt", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3, help="timed steps of a turn")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 for the physical cores")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="the rows whose names hold one of these, and ours")
    parser.add_argument("--tiny", action="store_true", help="a model of a few thousand weights: does it run at all?")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    threads, cpu = device.set_threads(given.threads), torch.device("cpu")
    shape = Model(2, 2, 32, 16, 300) if given.tiny else Model(block_size=512)
    setting = Setting(shape, cpu, micro_batch=2 if given.tiny else 4)
    rows = {
        name: build
        for name, build in builders(given.nanogpt, given.build_nanogpt).items()
        if not given.only or name.startswith("ours") or any(word in name for word in given.only)
    }
    peaks = dict.fromkeys(device.DTYPES, 0.0)
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
    for number in range(given.rounds):
        for precision, dtype in device.DTYPES.items():
            peaks[precision] = max(peaks[precision], device.matmul_rate(cpu, dtype))
        for name in list(rows)[:: 1 if number % 2 == 0 else -1]:
            took[name].append(turn(name, rows[name], setting, threads, given.steps))
    report(setting, threads, peaks, {n: list(zip(*seconds, strict=True)) for n, seconds in took.items()}, given)


def report(
    setting: Setting, threads: int, peaks: dict[str, float], took: dict[str, list[Any]], given: argparse.Namespace
) -> None:
    """Print what was measured: for each row its seconds by the wall's clock and the CPU's, one of each a round."""
    tokens, flops = given.steps * setting.tokens, forecast.flops_per_token(setting.shape)
    best = min((name for name in took if name.startswith("ours")), key=lambda name: statistics.median(took[name][0]))
    rows = []
    for name, (wall, cpu) in took.items():
        rate = tokens / statistics.median(wall)
        half = "bfloat16" if "bfloat16" in name or "autocast" in name else "float32"
        by_wall, spread = median_ratio(took[best][0], wall)
        by_cpu, _ = median_ratio(took[best][1], cpu)
        rows.append(
            {
                "name": name,
                "tokens_per_second": round(rate, 1),
                "tokens_per_cpu_second": round(tokens / statistics.median(cpu), 1),
                "ours_is_faster_by": by_wall,
                "range": spread,
                "by_cpu_time": by_cpu,
                "share_of_matmul_rate": round(rate * flops / peaks[half], 3),
            }
        )
    if given.json:
        print(json.dumps({"version": 1, "threads": threads, "ours": best, "matmul": peaks, "rows": rows}))
        return
    rates = ", ".join(f"{n} {p / 1e9:,.0f} GFLOP/s" for n, p in peaks.items())
    print(f"{threads} threads, matmul {rates}; compared with {best}")
    for row in rows:
        print(
            f"{row['name']:<36}{row['tokens_per_second']:>9,.1f} tokens/s  ours ×{row['ours_is_faster_by']:.2f} "
            f"(×{row['by_cpu_time']:.2f})  {row['share_of_matmul_rate']:.0%} of its matmul rate"
        )


if __name__ == "__main__":
    main()
