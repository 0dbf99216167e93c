"""What a run will cost and how it should begin, said before it starts."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch

from gpt2 import device as devices
from gpt2.config import PRESETS, Model, Training
from gpt2.gradients import roomy


@dataclass(frozen=True)
class Forecast:
    """The cost of a run; sizes in bytes, times in seconds, rates per second."""

    parameters: int
    flops_per_token: int  # 6 for each weight of a matmul, plus attention over the full square
    tokens: int
    tokens_per_step: int
    memory: int
    memory_available: int | None
    matmul_flops: float  # measured here, in the precision of the run
    tokens_per_second: float  # from one block and the head, timed here
    seconds: float
    first_loss: float
    device: str
    dtype: str
    cost: float | None  # money, where options.price says what an hour of the device costs
    largest_preset: str | None  # the largest model that fits, at one window a micro-batch
    largest_micro_batch: int | None  # of this model


def flops_per_token(model: Model) -> int:
    """Return the FLOPs of a training token: 6N + 12·L·C·T (Chowdhery et al., 2022, appendix B).

    N is the weights in matmuls: the blocks' and the padded head's. Twice each forward, four times
    backward; causal attention needs only half of the square that the convention counts.
    """
    C, L = model.n_embd, model.n_layer
    return 6 * (12 * L * C * C + model.padded_vocab * C) + 12 * L * C * model.block_size


def first_loss(model: Model) -> float:
    """Return the loss in nats before any step: ln V for ignorance, and a little for random logits.

    A logit is a sum of C products of a normalized feature and a weight from N(0, 0.02²), so its
    variance is 0.02²·C; the log of a mean of exponentials adds half of that.
    """
    return math.log(model.vocab_size) + 0.5 * 0.02**2 * model.n_embd


def compiles_loss(model: Model, options: Training, device: torch.device) -> bool:
    """Whether a run compiles the head's loss along with its blocks: where it gains and there is room for it."""
    rows, dtype = options.micro_batch * model.block_size, devices.DTYPES[options.dtype]
    return options.compile == "true" and roomy(device, rows, model.padded_vocab, dtype, devices.memory(device))


def memory(model: Model, micro_batch: int, dtype: str, twice: bool = False) -> int:
    """Estimate the bytes a training step needs: weights, gradients, AdamW's two moments, activations.

    A compiled loss keeps the logits `twice`.
    """
    state = 16 * (model.parameters + (model.padded_vocab - model.vocab_size) * model.n_embd)
    size = 2 if dtype == "bfloat16" else 4
    rows = micro_batch * model.block_size
    # Kept for the backward pass, in channels a token: two norms, q k v, attention, MLP before and
    # after its GELU, two sums. The logits are kept once where their gradient takes their place.
    activations = rows * model.n_layer * model.n_embd * 18 * size
    logits = rows * model.padded_vocab * size
    return state + activations + (2 if twice else 1) * logits


def fits(model: Model, micro_batch: int, dtype: str, available: int) -> bool:
    """Whether a training step is likely to fit, with a tenth of the memory left for all else."""
    return memory(model, micro_batch, dtype) <= 0.9 * available


def largest_preset(dtype: str, available: int) -> str | None:
    """Return the name of the largest preset that fits, or None."""
    names = [name for name, sizes in PRESETS.items() if fits(preset_model(sizes), 1, dtype, available)]
    return names[-1] if names else None


def preset_model(sizes: dict[str, Any]) -> Model:
    """Return the shape that a preset stands for."""
    known = {field.name for field in fields(Model)}
    return Model(**{name: value for name, value in sizes.items() if name in known})


def largest_micro_batch(model: Model, options: Training, available: int) -> int | None:
    """Return the most windows at once that fit and that divide a step, or None where not even one does."""
    windows = options.tokens_per_step // model.block_size
    able = [n for n in range(1, windows + 1) if windows % n == 0 and fits(model, n, options.dtype, available)]
    return able[-1] if able else None


def forecast(model: Model, options: Training, device: torch.device, ranks: int = 1) -> Forecast:
    """Measure this machine for a second or two and say what a settled run will cost on it.

    Of several ranks, each on such a device, one is measured: what they spend on waiting for each other is not in it.
    """
    dtype = devices.DTYPES[options.dtype]
    rate = ranks / devices.seconds_per_token(device, dtype, model, options.micro_batch)
    tokens = options.max_steps * options.tokens_per_step
    update = 2e-9 * model.parameters * options.max_steps if device.type == "cpu" else 0.0  # AdamW, 28 bytes each
    seconds, available = tokens / rate + update, devices.memory(device)
    return Forecast(
        parameters=model.parameters,
        flops_per_token=flops_per_token(model),
        tokens=tokens,
        tokens_per_step=options.tokens_per_step,
        memory=memory(model, options.micro_batch, options.dtype, compiles_loss(model, options, device)),
        memory_available=available,
        matmul_flops=devices.matmul_rate(device, dtype),
        tokens_per_second=rate,
        seconds=seconds,
        first_loss=first_loss(model),
        device=str(device),
        dtype=options.dtype,
        cost=ranks * seconds / 3600 * options.price if options.price else None,
        largest_preset=largest_preset(options.dtype, available) if available else None,
        largest_micro_batch=largest_micro_batch(model, options, available) if available else None,
    )


def as_record(made: Forecast) -> dict[str, Any]:
    """Return the forecast as JSON holds it, digits that mean nothing left out."""
    return {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in asdict(made).items()}


def span(seconds: float) -> str:
    """Write a time as people do: 45 s, 3 min 20 s, 2 h 5 min, 3 days 4 h."""
    s = round(seconds)
    for big, small, size, part in (("days", "h", 86400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if s >= size:
            rest = s % size // part
            return f"{s // size} {big}" + (f" {rest} {small}" if rest else "")
    return f"{s} s" if s else "under 1 s"


def describe(made: Forecast) -> str:
    """Write the forecast as a few lines of text."""
    lines = [
        f"parameters        {made.parameters:,}",
        f"compute           {made.flops_per_token / 1e6:,.1f} MFLOP a token (6N + 12·L·C·T)",
        f"tokens            {made.tokens:,} in all, {made.tokens_per_step:,} a step",
        f"memory            {made.memory / 1e9:.1f} GB"
        + (f" of {made.memory_available / 1e9:.1f} GB" if made.memory_available else ""),
        f"device            {made.device}, {made.dtype}, {made.matmul_flops / 1e9:,.0f} GFLOP/s in a matmul",
        f"speed             about {made.tokens_per_second:,.0f} tokens/s",
        f"time              about {span(made.seconds)}",
        f"first loss        about {made.first_loss:.3f} (ln V + 0.5·0.02²·C)",
    ]
    if made.cost is not None:
        lines.insert(-1, f"cost              about {made.cost:,.2f}, at the price of an hour that you gave")
    if made.largest_preset:
        most = f"preset={made.largest_preset} at most; this model with micro_batch={made.largest_micro_batch}"
        lines.append(f"what fits         {most}")
    if made.memory_available and made.memory > 0.9 * made.memory_available:
        lines.append("warning           this may not fit in memory: a smaller micro_batch helps first")
    return "\n".join(lines)


def show(
    options: Training, shape: Model, notes: list[str], device: torch.device, as_json: bool, ranks: int = 1
) -> None:
    """Print the forecast of a run that is not begun."""
    made = forecast(shape, options, device, ranks)
    if ranks > 1:
        notes = [*notes, f"for {ranks} such devices, without the time they wait for each other; memory is of each"]
    record = {"version": 1, **as_record(made), "config": asdict(options), "notes": notes}
    print(json.dumps(record) if as_json else "\n".join([describe(made), *notes]))
