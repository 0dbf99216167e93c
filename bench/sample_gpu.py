"""Tokens written per second on a GPU: ours step by step and replayed from a CUDA graph, against transformers.

    python bench/sample_gpu.py [--batches 1 8 64] [--rounds 3] [--out FILE.json]
    python bench/sample_gpu.py --device cpu --tiny      every line of it but the graph itself, without a GPU

GPT-2 124M in bfloat16 with random weights, from a prompt of 16 tokens to the end of its context of 1024. In one
process and in turns; read the ratios, medians over the rounds. The last column is the share of this card's measured
copying speed that reading the weights and the cache once a step comes to: at batch 1 it is low for everyone, since
starting kernels takes longer than running them, which is what the graph is for.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from writers import Setting, Writer, alone, ours, ratios, take_turns, transformers

from gpt2 import device as devices
from gpt2.config import Model


def contestants(setting: Setting, tiny: bool) -> list[Writer]:
    """All rows for a batch size, ours first."""
    return [
        ours(setting, "bfloat16", "graph"),
        ours(setting, "bfloat16", "eager"),
        ours(setting, "float32", "graph"),
        transformers(setting, "bfloat16"),
        transformers(setting, "bfloat16", static=True, compiled=not tiny),
    ]


def copy_rate(place: torch.device, size: int) -> float:
    """Bytes per second that are read and written by a copy."""
    words = torch.randn(size // 4, generator=torch.Generator().manual_seed(0)).to(place)
    return 2 * words.nbytes / devices.fastest(place, lambda: words.clone(), 0.3)


def main() -> int:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="a model of a few thousand weights: does it run at all?")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="keep the figures here, as JSON")
    given = parser.parse_args()
    try:
        place = devices.pick(given.device)
    except ValueError as error:
        print(f"sample_gpu: {error}", file=sys.stderr)
        return 2
    torch.set_float32_matmul_precision("high")
    shape = Model(2, 2, 32, 64, 300) if given.tiny else Model()
    if given.tiny:
        given.batches, given.rounds = [1, 3], 2
    whole = Setting(shape, place, prompt=16, tokens=shape.block_size - 16)
    rate = copy_rate(place, 1 << (20 if given.tiny else 30))
    print(f"copying {rate / 1e9:,.0f} GB/s")
    rows: list[dict[str, Any]] = []
    for batch in given.batches:
        setting = alone(whole, batch=batch)
        found = take_turns(contestants(setting, given.tiny), setting, given.rounds)
        for row in found:
            row["batch"], row["ours_is_faster_by"] = batch, ratios(found[0], row)
            steps = row["tokens_per_second"] / batch
            row["share_of_copying"] = steps * setting.bytes_read(row["precision"]) / rate
            show(row)
        rows += found
    card = torch.cuda.get_device_name(place) if place.type == "cuda" else platform.processor() or "cpu"
    if given.out:
        about = {"version": 1, "date": f"{datetime.now(UTC):%Y-%m-%d}", "card": card, "torch": torch.__version__}
        about |= {"prompt": whole.prompt, "tokens": whole.tokens, "copy": rate, "rows": rows}
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return 0


def show(row: dict[str, Any]) -> None:
    """Print a line of the table."""
    low, middle, high = row["ours_is_faster_by"]
    print(
        f"batch {row['batch']:<3} {row['name']:<44}{row['tokens_per_second']:>9,.0f} tokens/s  "
        f"our graph ×{middle:.2f} ({low:.2f} to {high:.2f})  {row['share_of_copying']:5.1%} of copying  "
        f"first text {row['first_seconds']:.1f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
