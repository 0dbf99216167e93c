"""Training tokens per second on this CPU: each of our choices switched off in turn, in one process.

    python bench/train_cpu.py [preset] [--rounds 3] [--json]

Compares a step (forward, backward, clip, AdamW) of our loop with the ways it is often written:
unfused AdamW, the other precision, bfloat16 by autocast. The rows take turns in every round, so that
a busy minute falls on all of them; the figure to read is the ratio, the median over the rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import time
from collections.abc import Callable

import torch

from gpt2 import device, forecast
from gpt2.config import model_of, parse, settle
from gpt2.model import GPT

Step = Callable[[], None]


def contestant(preset: str, dtype: str, fused: bool, autocast: bool) -> tuple[Step, int]:
    """Return a training step on random tokens, and how many tokens it takes."""
    options = settle(parse([f"preset={preset}", "device=cpu"]), "cpu")
    shape = model_of(options, options.vocab_size)
    torch.manual_seed(0)
    model = GPT(shape)
    model.compute_dtype = None if dtype == "float32" or autocast else torch.bfloat16
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fused)
    rows = min(options.micro_batch, max(1, 4096 // shape.block_size))
    idx = torch.randint(shape.vocab_size, (rows, shape.block_size + 1))
    context = torch.autocast("cpu", torch.bfloat16) if autocast else contextlib.nullcontext()

    def step() -> None:
        with context:
            loss = model(idx[:, :-1], idx[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step, rows * shape.block_size


ROWS = {
    "float32, fused AdamW": ("float32", True, False),
    "float32, unfused AdamW": ("float32", False, False),
    "bfloat16 by casts, fused AdamW": ("bfloat16", True, False),
    "bfloat16 by autocast, fused AdamW": ("bfloat16", True, True),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", nargs="?", default="nano")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each row in each round")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    threads = device.set_threads(0)
    options = settle(parse([f"preset={given.preset}", "device=cpu"]), "cpu")
    flops = forecast.flops_per_token(model_of(options, options.vocab_size))
    peaks = {name: device.matmul_rate(torch.device("cpu"), dtype) for name, dtype in device.DTYPES.items()}
    made = {name: contestant(given.preset, *row) for name, row in ROWS.items()}
    rates: dict[str, list[float]] = {name: [] for name in made}
    for step, _ in made.values():
        step()
    for turn in range(given.rounds):
        for name in list(made)[:: 1 if turn % 2 == 0 else -1]:
            step, tokens = made[name]
            start, count = time.perf_counter(), 0
            while time.perf_counter() - start < given.seconds or count < 2:
                step()
                count += 1
            rates[name].append(count * tokens / (time.perf_counter() - start))
    first = next(iter(rates))
    rows = [
        {
            "name": name,
            "tokens_per_second": round(statistics.median(found), 1),
            "ratio": round(statistics.median(a / b for a, b in zip(found, rates[first], strict=True)), 2),
            "share_of_matmul_rate": round(statistics.median(found) * flops / peaks[ROWS[name][0]], 2),
        }
        for name, found in rates.items()
    ]
    if given.json:
        print(json.dumps({"version": 1, "preset": given.preset, "threads": threads, "rows": rows}))
        return
    print(
        f"{given.preset}, {threads} threads, matmul "
        + ", ".join(f"{n} {p / 1e9:,.0f} GFLOP/s" for n, p in peaks.items())
    )
    for row in rows:
        print(
            f"{row['name']:<36}{row['tokens_per_second']:>9,.0f} tokens/s  ×{row['ratio']:.2f}  "
            f"{row['share_of_matmul_rate']:.0%} of its matmul rate"
        )


if __name__ == "__main__":
    main()
