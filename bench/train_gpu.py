"""Training tokens per second on a GPU, ours and its peers', in one process and in turns.

    python bench/train_gpu.py [--nanogpt DIR] [--build-nanogpt DIR] [--rounds 3] [--out FILE.json]
    python bench/train_gpu.py --device cpu --tiny       every line of it, in seconds, without a GPU

First the ceilings of this card in this run: a large matmul on random numbers, the model's own matmuls, a copy. Then
each contestant in every round, forwards and backwards in turn, so that a slow minute falls on all. Read the ratios:
medians over the rounds. MFU is by the convention 6N + 12·L·C·T, over the data sheet where the card is known, and over
the matmul measured here. A row whose loss differs from ours by more than 0.05 after its steps is marked.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hf_trainer
import torch
from contestants import Contestant, Setting, ours, peer, transformers_model

from gpt2 import device as devices
from gpt2 import forecast
from gpt2.config import Model

SHEETS = {"H200": 989.5e12, "H100": 989.5e12, "A100": 312e12, "L40S": 362e12, "4090": 165e12}


def ceilings(place: torch.device, shape: Model, tiny: bool) -> dict[str, float]:
    """What this card does at best, in this run: FLOP/s of matmuls in bfloat16, bytes/s of a copy."""
    n = 256 if tiny else 8192
    generator = torch.Generator().manual_seed(0)

    def rate(m: int, k: int, o: int) -> float:
        a = torch.randn(m, k, generator=generator).to(place, torch.bfloat16)
        b = torch.randn(k, o, generator=generator).to(place, torch.bfloat16)
        return 2 * m * k * o / devices.fastest(place, lambda: a @ b, 0.05 if tiny else 0.5)

    rows, C, V = (64 if tiny else 65536), shape.n_embd, shape.padded_vocab
    found = {f"matmul {n}³": rate(n, n, n)}
    for name, k, o in (("qkv", C, 3 * C), ("proj", C, C), ("fc", C, 4 * C), ("fc back", 4 * C, C), ("head", C, V)):
        found[f"matmul {name}"] = rate(rows, k, o)
    words = torch.randn(1 << (16 if tiny else 28), generator=generator).to(place)
    copied = devices.fastest(place, lambda: words.clone(), 0.05 if tiny else 0.3)
    return found | {"copy bytes": 2 * words.nbytes / copied}


def contestants(setting: Setting, given: argparse.Namespace) -> list[tuple[str, Callable[[], Contestant]]]:
    """All rows that can be run here, ours first; each is built when its turn comes to be warmed up."""
    compiles = not given.tiny
    backend = "aot_eager" if given.tiny else "inductor"  # the former traces and takes apart, and needs no compiler
    rows: list[Callable[[], Contestant]] = [
        lambda: ours(setting, "bfloat16", backend, loss=True),
        lambda: ours(setting, "bfloat16", backend),
        lambda: ours(setting, "bfloat16"),
        lambda: transformers_model(setting, autocast=True),
        lambda: transformers_model(setting, autocast=True, compiled=compiles, fused=True),
    ]
    rows += hf_trainer.rows(setting)
    if not hf_trainer.available():
        print("transformers' Trainer: accelerate is not installed, so it has no row", file=sys.stderr)
    for name, folder, file in (
        ("build-nanogpt", given.build_nanogpt, "train_gpt2.py"), ("nanoGPT", given.nanogpt, "model.py"),
    ):  # fmt: skip
        if folder is None:
            print(f"{name}: no checkout was named, so it has no row", file=sys.stderr)
            continue
        for compiled in (False, True) if compiles else (False,):
            rows.append(lambda n=name, p=folder / file, c=compiled: peer(setting, n, p, True, c))  # type: ignore[misc]
    return [("", row) for row in rows]


def main() -> int:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nanogpt", type=Path)
    parser.add_argument("--build-nanogpt", type=Path)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="a model of a few thousand weights: does it run at all?")
    parser.add_argument("--micro-batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=10, help="timed steps of a row in a round")
    parser.add_argument("--out", type=Path, help="keep the figures here, as JSON")
    given = parser.parse_args()
    try:
        place = devices.pick(given.device)
    except ValueError as error:
        print(f"train_gpu: {error}", file=sys.stderr)
        return 2
    torch.set_float32_matmul_precision("high")
    shape = Model(2, 2, 32, 16, 300) if given.tiny else Model()
    if given.tiny:
        given.micro_batch, given.rounds, given.steps = 2, 2, 2
    setting = Setting(shape, place, given.micro_batch)
    best = ceilings(place, shape, given.tiny)
    for name, value in best.items():
        print(f"{name:<18}{value / 1e12:8.2f} T/s")
    with devices.attention_kernels(place):
        rows = measure(contestants(setting, given), setting, given.rounds, given.steps)
    card = torch.cuda.get_device_name(place) if place.type == "cuda" else platform.processor() or "cpu"
    sheet = next((peak for name, peak in SHEETS.items() if name in card), None)
    show(rows, shape, best, sheet)
    if given.out:
        about = {"version": 1, "date": f"{datetime.now(UTC):%Y-%m-%d}", "card": card, "torch": torch.__version__}
        about |= {"tokens_per_step": setting.tokens, "ceilings": best, "rows": rows}
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(
    made: list[tuple[str, Callable[[], Contestant]]], setting: Setting, rounds: int, steps: int
) -> list[dict[str, Any]]:
    """Warm each row up, then let them take turns; returns tokens/s by round, peak memory and the loss at the end."""
    place, running, rows = setting.device, [], []
    for _, build in made:
        held = 0  # by the rows before this one
        if place.type == "cuda":
            torch.cuda.reset_peak_memory_stats(place)
            held = torch.cuda.memory_allocated(place)
        begun = time.perf_counter()
        one = build()
        one.step()
        devices.synchronize(place)
        running.append(one)
        rows.append({"name": one.name, "first_step_seconds": time.perf_counter() - begun, "rates": [], "loss": 0.0,
                     "memory": (devices.memory_used(place) or held) - held})  # fmt: skip
        print(f"ready: {one.name}", file=sys.stderr)
    for turn in range(rounds):
        order = list(zip(running, rows, strict=True))[:: 1 if turn % 2 == 0 else -1]
        for one, row in order:
            one.step()
            devices.synchronize(place)
            begun = time.perf_counter()
            for _ in range(steps):
                row["loss"] = one.step()
            devices.synchronize(place)
            row["rates"].append(steps * setting.tokens / (time.perf_counter() - begun))
    for row in rows:
        row["tokens_per_second"] = statistics.median(row["rates"])
        ratios = [a / b for a, b in zip(rows[0]["rates"], row["rates"], strict=True)]
        row["ours_is_faster_by"] = statistics.median(ratios)
        row["range"] = [min(ratios), max(ratios)]
    return rows


def show(rows: list[dict[str, Any]], shape: Model, best: dict[str, float], sheet: float | None) -> None:
    """Print a table."""
    flops, peak = forecast.flops_per_token(shape), max(v for k, v in best.items() if k.startswith("matmul"))
    for row in rows:
        used = row["tokens_per_second"] * flops
        over = f"{used / sheet:5.1%} of the sheet, " if sheet else ""
        far = abs(row["loss"] - rows[0]["loss"]) >= 0.05
        odd = f"  loss {row['loss']:.3f}, ours {rows[0]['loss']:.3f}" if far else ""
        memory = f"{row['memory'] / 1e9:.1f} GB" if row["memory"] else ""
        print(
            f"{row['name']:<42}{row['tokens_per_second']:>11,.0f} tokens/s  ours ×{row['ours_is_faster_by']:.2f} "
            f"({row['range'][0]:.2f} to {row['range'][1]:.2f})  {over}{used / peak:5.1%} of the matmul  {memory}{odd}"
        )


if __name__ == "__main__":
    sys.exit(main())
