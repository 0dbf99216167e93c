"""The ways to write that are timed against each other: ours in its precisions, and transformers' generate.

All write the same number of tokens from the same prompt, drawn with temperature 0.8 among the 50 likeliest, by models
of the same random weights: what a token costs does not depend on what it says.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from contestants import hf_gpt2
from torch import Tensor

from gpt2 import device as devices
from gpt2 import layout, quantize, weights
from gpt2.config import Model, Sampling
from gpt2.decode import Step, generate
from gpt2.model import GPT
from gpt2.replay import Replays

SIZES = {"float32": 4, "bfloat16": 2, "int8": 1}


@dataclass(frozen=True)
class Setting:
    """What all of them share."""

    shape: Model
    device: torch.device
    prompt: int  # tokens to begin with
    tokens: int  # tokens to write
    batch: int = 1

    def prompts(self) -> list[list[int]]:
        """The same random prompts for all."""
        ids = torch.randint(
            self.shape.vocab_size, (self.batch, self.prompt), generator=torch.Generator().manual_seed(0)
        )
        return [list(map(int, row)) for row in ids]

    def bytes_read(self, precision: str) -> float:
        """What a step has to read: every matrix once, and of the cache, half full on the average, all rows.

        The cache of int8 is float32, as its activations are.
        """
        s, size = self.shape, SIZES[precision]
        matrices = 12 * s.n_layer * s.n_embd**2 + s.padded_vocab * s.n_embd
        seen = 2 * s.n_layer * s.n_embd * (self.prompt + self.tokens / 2) * self.batch
        return matrices * size + seen * (2 if precision == "bfloat16" else 4)


@dataclass
class Writer:
    """A way to write: one call of `write` writes all tokens of the setting."""

    name: str
    precision: str
    write: Callable[[], object]


def random_model(shape: Model) -> GPT:
    """The weights that all contestants have."""
    torch.manual_seed(1)
    return GPT(shape).eval()


def ours(setting: Setting, precision: str, how: str = "") -> Writer:
    """Our model as `gpt2.sample` makes it ready; on a GPU `how` is "eager" or "graph"."""
    model = random_model(setting.shape)
    if precision == "int8":
        model = quantize.Int8GPT(model)
        layout.gather()
    else:
        model.to(setting.device, torch.bfloat16 if precision == "bfloat16" else torch.float32)
        if setting.device.type == "cpu" and precision == "float32":
            layout.lay_out(model)
    options = Sampling(tokens=setting.tokens)
    steps = None
    if how == "graph":
        steps = Replays() if setting.device.type == "cuda" else Replays(without_graph)

    def write() -> list[list[int | None]]:
        written = list(generate(model, setting.prompts(), options, steps=steps))
        if steps is not None and steps.reason:
            raise RuntimeError(f"nothing was replayed: {steps.reason}")
        return written

    return Writer(", ".join(word for word in ("ours", precision, how) if word), precision, write)


def without_graph(step: Step) -> Step:
    """On a CPU all runs but the graph itself: the step at fixed addresses, started by Python."""
    return step


def transformers(setting: Setting, precision: str, static: bool = False, compiled: bool = False) -> Writer:
    """transformers' generate: its cache as it grows, or the static one, compiled as it asks for."""
    model = hf_gpt2(setting.shape).eval()
    same = random_model(setting.shape)
    model.load_state_dict(weights.to_transformers(same), strict=False)
    model.tie_weights()
    ids = torch.tensor(setting.prompts())
    with torch.inference_mode():
        assert torch.allclose(model(ids).logits, same(ids), atol=1e-3), "transformers computes something else"
    model.to(setting.device, torch.bfloat16 if precision == "bfloat16" else torch.float32)
    model.generation_config.eos_token_id = None  # as many tokens as all others write
    more: dict[str, Any] = {}
    if static:
        more = {"cache_implementation": "static"} | ({} if compiled else {"disable_compile": True})
    ids = ids.to(setting.device)

    def write() -> Tensor:
        with torch.inference_mode():
            found: Tensor = model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=setting.tokens, do_sample=True,
                temperature=0.8, top_k=50, pad_token_id=0, **more,
            )  # fmt: skip
        assert found.shape == (setting.batch, setting.prompt + setting.tokens)
        return found

    words = ["transformers", precision, *(["static cache"] if static else []), *(["compiled"] if compiled else [])]
    return Writer(", ".join(words), precision, write)


def take_turns(writers: list[Writer], setting: Setting, rounds: int) -> list[dict[str, Any]]:
    """Let each write once, then all in turn, forwards and backwards; returns a row for each, in their order.

    Tokens count for all rows of the batch. `per_cpu_second` is what a neighbor on the machine disturbs least.
    """
    rows: list[dict[str, Any]] = [
        {"name": one.name, "precision": one.precision, "wall": [], "cpu": []} for one in writers
    ]
    written = setting.tokens * setting.batch
    for one, row in zip(writers, rows, strict=True):
        begun = time.perf_counter()
        one.write()
        devices.synchronize(setting.device)
        row["first_seconds"] = round(time.perf_counter() - begun, 2)
    for turn in range(rounds):
        for one, row in list(zip(writers, rows, strict=True))[:: 1 if turn % 2 == 0 else -1]:
            begun, cpu = time.perf_counter(), time.process_time()
            one.write()
            devices.synchronize(setting.device)
            row["wall"].append(written / (time.perf_counter() - begun))
            row["cpu"].append(written / max(time.process_time() - cpu, 1e-9))
    for row in rows:
        row["tokens_per_second"] = statistics.median(row["wall"])
        row["per_cpu_second"] = statistics.median(row["cpu"])
    return rows


def ratios(row: dict[str, Any], base: dict[str, Any], clock: str = "wall") -> list[float]:
    """How many times as fast a row is as another, round by round: least, median, most."""
    found = sorted(a / b for a, b in zip(row[clock], base[clock], strict=True))
    return [round(value, 3) for value in (found[0], statistics.median(found), found[-1])]


def alone(setting: Setting, **changes: Any) -> Setting:
    """The same setting with something else."""
    return dataclasses.replace(setting, **changes)
