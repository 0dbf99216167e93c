"""Does Muon reach a loss in fewer tokens than AdamW? Both train one small GPT-2 on one text, at several learning rates.

    python bench/muon.py [--lrs 1e-3 2e-3 …] [--steps 300] [--data docs] [--seeds 1] [--out DIR] [--json] [NAME=VALUE …]
    python bench/muon.py --tiny --data FILE       every line of it, in seconds

Each run has the same weights at first, the same batches, the same schedule and the same validation text; they differ in
the optimizer and in the learning rate alone. The loss to reach is the one that AdamW ends with at its best rate; of
Muon, the run counts that reaches it first. Where a best rate is the least or the greatest that was tried, the row says
so: then more should be tried. A cosine that ends with the run favors AdamW here, since its last loss is its best, while
Muon passes it before its own schedule has come to an end.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from gpt2 import log

SMALL = ("preset=nano", "n_layer=3", "n_head=4", "n_embd=128", "block_size=128", "vocab_size=2048",
         "tokens_per_step=4096", "eval_tokens=65536", "sample_every=-1", "save_every=100000")  # fmt: skip
TINY = ("n_layer=1", "n_embd=16", "n_head=2", "block_size=16", "vocab_size=300", "tokens_per_step=128", "eval_every=2",
        "eval_tokens=512")  # fmt: skip
LRS = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)
Curve = list[tuple[int, float]]  # tokens read, validation loss


def trained(folder: Path, optimizer: str, lr: float, seed: int, words: list[str]) -> Curve:
    """Train, unless it was done before, and return the validation losses by tokens."""
    run = folder / f"{optimizer}-{lr:g}-{seed}"
    command = [sys.executable, "-P", "-m", "gpt2.train", str(run), f"optimizer={optimizer}", f"lr={lr}", f"seed={seed}"]
    known = os.environ.get("PYTHONPATH", "")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), known])}
    done = subprocess.run([*command, *words], env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: it diverged, which is an answer too
        raise SystemExit(f"{run}: {done.stderr.strip().splitlines()[-1]}")
    records, _ = log.read(run / "log.jsonl")
    size = next(record for record in records if record["event"] == "start")["tokens_per_step"]
    return [(record["step"] * size, record["loss"]) for record in records if record["event"] == "val"]


def tokens_to(curve: Curve, loss: float) -> float | None:
    """Return the tokens after which a curve first comes down to a loss, between two measurements on a straight line."""
    if curve and curve[0][1] <= loss:
        return float(curve[0][0])
    for (before, high), (after, low) in pairwise(curve):
        if low <= loss < high:
            return before + (after - before) * (high - loss) / (high - low)
    return None


def edge(lr: float, lrs: list[float]) -> str:
    """Say so where a rate is the least or the greatest of several."""
    return " (the least tried)" if lr == min(lrs) else " (the greatest tried)" if lr == max(lrs) else ""


def compared(curves: dict[str, dict[float, Curve]]) -> dict[str, Any]:
    """Return what one seed's runs say: by optimizer and learning rate, the validation losses by tokens."""
    last = {name: {lr: curve[-1][1] for lr, curve in some.items() if curve} for name, some in curves.items()}
    best = {name: min(some, key=some.__getitem__) for name, some in last.items()}
    loss = last["adamw"][best["adamw"]]
    reached = {lr: at for lr, curve in curves["muon"].items() if (at := tokens_to(curve, loss)) is not None}
    first = min(reached, key=reached.__getitem__, default=None)
    needed = {"adamw": tokens_to(curves["adamw"][best["adamw"]], loss), "muon": reached[first] if first else None}
    return {
        "loss": loss, "tokens": needed, "best": best, "first": first, "last": last,
        "ratio": needed["adamw"] / needed["muon"] if needed["adamw"] and needed["muon"] else None,
    }  # fmt: skip


def main() -> None:
    """Train all, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE", help="options of all runs")
    parser.add_argument("--lrs", nargs="+", type=float, default=list(LRS))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--data", default="docs")
    parser.add_argument("--seeds", type=int, default=1, help="repeat everything with so many seeds")
    parser.add_argument("--out", type=Path, help="keep the runs here; those that are there already are not repeated")
    parser.add_argument("--tiny", action="store_true", help="a model of a few thousand weights: does it run at all?")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_intermixed_args()
    if given.tiny:
        given.steps, given.lrs = 12, given.lrs[:2]
    words = [*SMALL, f"eval_every={max(1, given.steps // 30)}", f"max_steps={given.steps}", f"data={given.data}"]
    words += [*(TINY if given.tiny else ()), *given.words]
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.out or Path(scratch)
        found = []
        for seed in range(given.seeds):
            curves: dict[str, dict[float, Curve]] = {"adamw": {}, "muon": {}}
            for lr in given.lrs:
                for name, some in curves.items():
                    some[lr] = trained(folder, name, lr, 1337 + seed, words)
                    if not given.json:
                        ends = f"ends at {some[lr][-1][1]:.4f}" if some[lr] else "broke"
                        print(f"seed {seed}  {name:<6} lr {lr:<7g} {ends}", flush=True)
            found.append(compared(curves))
    if given.json:
        print(json.dumps({"version": 1, "words": words, "seeds": found}))
        return
    for seed, one in enumerate(found):
        best, at = one["best"], one["tokens"]
        print(f"\nseed {seed}")
        for name, lr in best.items():
            print(f"  {name:<6} is best at lr {lr:g}{edge(lr, given.lrs)}: {one['last'][name][lr]:.4f}")
        if one["ratio"] is None:
            print(f"  muon did not come down to {one['loss']:.4f}")
        else:
            print(
                f"  tokens to {one['loss']:.4f}: adamw {at['adamw']:,.0f}, muon {at['muon']:,.0f} (lr {one['first']:g})"
            )
            print(f"  adamw needs {one['ratio']:.2f} times as many")
    if ratios := [one["ratio"] for one in found if one["ratio"]]:
        print(
            f"\nmedian over {len(ratios)} of {len(found)} seeds: adamw needs {median(ratios):.2f} times as many tokens"
        )


if __name__ == "__main__":
    main()
