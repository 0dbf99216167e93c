"""Tokens written per second on this CPU: ours in float32, bfloat16 and int8 against transformers' generate.

    python bench/sample_cpu.py [--rounds 5] [--tokens 64] [--threads N] [--json]
    python bench/sample_cpu.py --tiny       every line of it, in seconds

GPT-2 124M with random weights, batch 1, in one process and in turns, so that a busy minute falls on all of them; the
figures to read are the ratios, medians over the rounds. A token takes as long as it takes to read every weight once:
the last column is the share of the fastest reading that was measured in this same run. Where others keep the machine
busy, `--threads 1` and the ratios by CPU time (in brackets) say more than the clock on the wall.
"""

from __future__ import annotations

import argparse
import json

import torch
from writers import Setting, ours, ratios, take_turns, transformers

from gpt2 import device, layout
from gpt2.config import Model


def read_rate(size: int) -> float:
    """Bytes per second of the fastest way to read `size` bytes once: a sum, or a matrix times a vector."""
    memory = layout.area(size).view(torch.float32)
    memory.copy_(torch.randn(len(memory), generator=torch.Generator().manual_seed(0)))
    matrix, cpu = memory.view(-1, 1024), torch.device("cpu")
    across, down = torch.randn(1024), torch.randn(len(matrix))
    works = (memory.sum, lambda: matrix @ across, lambda: down @ matrix)
    with torch.inference_mode():
        return size / min(device.fastest(cpu, work, 1.0) for work in works)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=64, help="tokens of a text")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 for the physical cores")
    parser.add_argument("--tiny", action="store_true", help="a model of a few thousand weights: does it run at all?")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    threads = device.set_threads(given.threads)
    shape = Model(2, 2, 32, 64, 300) if given.tiny else Model()
    if given.tiny:
        given.rounds, given.tokens = 2, 8
    setting = Setting(shape, torch.device("cpu"), prompt=8, tokens=given.tokens)
    rate = read_rate(1 << (20 if given.tiny else 28))
    writers = [ours(setting, precision) for precision in ("float32", "bfloat16", "int8")]
    writers.append(transformers(setting, "float32"))
    rows = take_turns(writers, setting, given.rounds)
    for row in rows:
        for name, base in (("float32", rows[0]), ("transformers", rows[-1])):
            row[f"times_{name}"], row[f"times_{name}_cpu"] = ratios(row, base), ratios(row, base, "cpu")
        row["share_of_reading"] = row["tokens_per_second"] * setting.bytes_read(row["precision"]) / rate
    if given.json:
        print(json.dumps({"version": 1, "threads": threads, "torch": torch.__version__, "read": rate, "rows": rows}))
        return
    print(f"{threads} threads, reading {rate / 1e9:.1f} GB/s, {given.tokens} tokens after {setting.prompt}")
    for row in rows:
        fast, hf = row["times_float32"], row["times_transformers"]
        print(
            f"{row['name']:<24}{row['tokens_per_second']:>8.1f} tokens/s  "
            f"×{fast[1]:.2f} of our float32 ({row['times_float32_cpu'][1]:.2f})  "
            f"×{hf[1]:.2f} of transformers ({row['times_transformers_cpu'][1]:.2f}), {hf[0]:.2f} to {hf[2]:.2f}  "
            f"{row['share_of_reading']:.0%} of the reading"
        )


if __name__ == "__main__":
    main()
