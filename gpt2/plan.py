"""What a run will really do: the words given, the words stored, and what this machine can."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import torch

from gpt2 import checkpoint, config, corpus, device, forecast, tokens
from gpt2.config import Model, Training
from gpt2.distributed import World

FIXED = ("preset", "data", "tokenizer", "vocab_size", "n_layer", "n_head", "n_embd", "block_size", "tokens_per_step",
         "optimizer", "seed")  # what cannot change in the middle of a run  # fmt: skip


def ready(options: Training) -> torch.device:
    """Set up torch on this machine, threads and exactness; return the device. Raises ValueError without it."""
    place = device.pick(options.device)
    device.set_threads(options.threads)
    if place.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32 where a matmul is still float32
    if options.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS has no fixed order without it
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
    return place


def on_this_machine(options: Training, ranks: int = 1) -> tuple[Training, Model, list[str]]:
    """Settle the options for so many ranks before any data is read; return them, the shape, and notes.

    Raises ValueError where they do not fit together or the device is not here.
    """
    place = ready(options)
    notes = []
    full = config.settle(options, place.type, ranks)
    if full.tokenizer == "auto":
        ids = bool(corpus.shards(full.data))  # tokenized already, in GPT-2's vocabulary
        cached = full.preset != "nano" and tokens.gpt2_cache() is not None
        full = dataclasses.replace(full, tokenizer="gpt2" if cached or ids else "trained")
        if full.preset != "nano" and not cached and not ids:
            notes.append("GPT-2's own vocabulary is not on this machine: a BPE is trained on the data instead")
    if full.tokenizer == "gpt2":
        full = dataclasses.replace(full, vocab_size=50257)
    shape = config.model_of(full, full.vocab_size)
    wanted = full.tokens_per_step
    if full.preset != "nano" and wanted < 524288 and options.tokens_per_step == 0:
        notes.append(f"the batch is reduced for this device: {wanted:,} tokens a step instead of 524,288")
    dtype, why = device.choose_dtype(full.dtype, place, shape, full.micro_batch)
    if options.dtype == "auto":
        notes.append(f"computing in {dtype}: {why}")
    compiled, why = device.choose_compile(full.compile, place, full.max_steps)
    if options.compile == "auto" and place.type == "cuda":
        notes.append(f"{'compiled' if compiled == 'true' else 'not compiled'}: {why}")
    full = dataclasses.replace(full, dtype=dtype, compile=compiled)
    available = device.memory(place) if place.type == "cuda" and not options.micro_batch else None
    if available is not None and (fitting := most_that_fits(full, shape, available)) != full.micro_batch:
        notes.append(f"micro_batch={fitting}: {full.micro_batch} windows at once would not fit into this GPU's memory")
        full = dataclasses.replace(full, micro_batch=fitting)
    return full, shape, notes


def most_that_fits(options: Training, shape: Model, available: int) -> int:
    """Return the most windows at once that divide the micro-batch and are likely to fit; 1 where none are."""
    whole = options.micro_batch
    able = (n for n in range(whole, 1, -1) if whole % n == 0 and forecast.fits(shape, n, options.dtype, available))
    return next(able, 1)


def settled(run: Path, words: list[str], world: World | None = None) -> tuple[Training, Model, list[str]]:
    """Join a run's stored options with the words given now; the first rank does so for all.

    Raises ValueError for a word that cannot change, or where the words do not fit together.
    """
    world = world or World()

    def work() -> Any:
        options, shape, notes = joined(run, words, world.size)
        return [dataclasses.asdict(options), dataclasses.asdict(shape), notes]

    options, shape, notes = world.decide(work)
    chosen = Training(**options)
    ready(chosen)
    return chosen, Model(**shape), list(notes)


def joined(run: Path, words: list[str], ranks: int) -> tuple[Training, Model, list[str]]:
    """Do the work of `settled` on one rank."""
    if not (run / "config.json").is_file():
        return on_this_machine(config.parse(words), ranks)
    stored, shape = config.load(run / "config.json")
    found = checkpoint.complete(run)
    begun = bool(found) and checkpoint.read_state(found[-1])["step"] > 0  # imported weights lie at step 0
    given = config.words(words, Training)
    for name in FIXED if begun else ():
        if name in given and given[name] not in (getattr(stored, name), "auto"):
            raise ValueError(
                f"{name}={given[name]}: this run was begun with {name}={getattr(stored, name)}; use another folder"
            )
    if not found:  # ended before its first checkpoint: words given now are a new beginning
        return on_this_machine(config.parse(words) if words else stored, ranks)
    options, planned, notes = on_this_machine(config.parse(words, stored), ranks)
    return options, shape or planned, notes
