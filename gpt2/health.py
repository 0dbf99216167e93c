"""Is this run healthy? Reads the log's records and names what is wrong, with what to try."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

WINDOW = 20  # steps that are averaged: single batches scatter


@dataclass(frozen=True)
class Remark:
    """Something that is wrong with a run."""

    name: str  # nan, accounting, first-loss, leak, divergence, norm, overfitting, plateau or starving
    step: int  # where it showed
    says: str
    advice: str


def remarks(records: Sequence[dict[str, Any]]) -> list[Remark]:
    """Return what is wrong with the run that wrote `records`, most urgent first; nothing if it is well.

    The bands come from the run itself: its expected first loss, and the losses of the unigram and
    bigram models of its own text.
    """
    start = next((record for record in records if record.get("event") == "start"), {})
    steps = [record for record in records if record.get("event") == "step" and "loss" in record]
    if not steps:
        return []
    broken = not_a_number(steps)
    steps = [step for step in steps if math.isfinite(step["loss"])]
    vals = [r for r in records if r.get("event") == "val" and math.isfinite(r.get("loss", math.nan))]
    looks = (accounting, first_loss, divergence, norm, plateau, starving)
    found = [broken, *(look(start, steps) for look in looks if steps)]
    if steps and vals:
        found += [leak(start, steps, vals), overfitting(steps, vals)]
    return [remark for remark in found if remark is not None]


def not_a_number(steps: Sequence[dict[str, Any]]) -> Remark | None:
    """Find the first loss or gradient norm that is no number."""
    for step in steps:
        for name in ("loss", "norm"):
            if not math.isfinite(step.get(name, 0.0)):
                return Remark(
                    "nan", step["step"], f"the {name} of step {step['step']} is {step[name]}: the run has broken",
                    "Go back to the last checkpoint with a smaller lr or a longer warm-up; if it breaks at the same "
                    "step again, try dtype=float32, then look at that step's data.",
                )  # fmt: skip
    return None


def first_loss(start: dict[str, Any], steps: Sequence[dict[str, Any]]) -> Remark | None:
    """Compare the loss of step 1 with that of a model that knows nothing."""
    expected, first = start.get("expected_first_loss"), steps[0]
    if expected is None or first["step"] != 1 or start.get("pretrained"):
        return None
    seen = first["loss"]
    # A fresh model scatters by about 0.05; half a nat is far outside, and small enough to show a
    # head whose scale is wrong.
    if abs(seen - expected) <= 0.25:
        return None
    if seen < expected:
        why = "a model that has seen nothing cannot know that much: targets may leak into the inputs"
    else:
        why = "a fresh model should be unsure, not wrong: its first weights are too large, or not drawn at all"
    return Remark(
        "first-loss", 1, f"the first loss is {seen:.2f}, expected about {expected:.2f}: {why}",
        "Check that the targets are the inputs shifted by one and that attention is causal." if seen < expected
        else "Check the initialization: normal with deviation 0.02, projections into the residual stream narrower.",
    )  # fmt: skip


def accounting(start: dict[str, Any], steps: Sequence[dict[str, Any]]) -> Remark | None:
    """Find steps that count other tokens than they say, or more than this machine can have computed."""
    wanted = start.get("tokens_per_step")
    for step in steps:
        if wanted and step.get("targets", wanted) != wanted:
            return Remark(
                "accounting", step["step"],
                f"step {step['step']} counts {wanted:,} tokens, and the model has seen {step['targets']:,}",
                "Look at how micro-batches are counted: a step is micro_batch · block_size · pieces · ranks tokens.",
            )  # fmt: skip
    shares = [step["mfu"] for step in steps[1:] if step.get("mfu")]
    if len(shares) < 5:
        return None
    share = median(shares[-WINDOW:])
    if share <= 1.5:  # the peak itself is a measurement, on a machine that may have been busy
        return None
    return Remark(
        "accounting", steps[-1]["step"],
        f"{steps[-1].get('tokens_per_second', 0):,.0f} tokens/s would be {share:.1f} times what this device multiplies",
        "Some of the tokens that are counted are never computed: look for micro-batches that are skipped.",
    )  # fmt: skip


def norm(start: dict[str, Any], steps: Sequence[dict[str, Any]]) -> Remark | None:
    """Find a gradient that has grown far beyond what it was, and stays there."""
    norms = [step["norm"] for step in steps if math.isfinite(step.get("norm", math.nan))]
    if len(norms) < 3 * WINDOW:
        return None
    before, now = median(norms[:WINDOW]), median(norms[-WINDOW:])
    if now <= 5 * before:
        return None
    return Remark(
        "norm", steps[-1]["step"], f"the gradient's norm has grown from {before:.2g} to {now:.2g}",
        "Are the gradients cleared before each step (zero_grad)? If so, divide lr by 3 and keep clip=1.0.",
    )  # fmt: skip


def leak(start: dict[str, Any], steps: Sequence[dict[str, Any]], vals: Sequence[dict[str, Any]]) -> Remark | None:
    """Find a loss, on text never seen, that no model of this text can have: the best reach half of the bigrams'."""
    bigram, seen = start.get("bigram_loss"), vals[-1]
    if bigram is None or start.get("pretrained") or seen["loss"] > 0.35 * bigram:
        return None
    return Remark(
        "leak", seen["step"],
        f"the validation loss is {seen['loss']:.3f}, where counting pairs of tokens gives {bigram:.2f}: too good",
        "The model sees what it is to predict. Is attention causal? Are the targets the inputs shifted by one?",
    )  # fmt: skip


def overfitting(steps: Sequence[dict[str, Any]], vals: Sequence[dict[str, Any]]) -> Remark | None:
    """Find a validation loss that has turned and risen while the training loss went on falling."""
    best, now = min(record["loss"] for record in vals), vals[-1]
    train = median(step["loss"] for step in steps[-5:])
    if now["loss"] - best <= max(0.2, 0.05 * best) or now["loss"] - train <= 0.5:
        return None
    return Remark(
        "overfitting", now["step"],
        f"the validation loss is {now['loss']:.2f}, it had been {best:.2f}, and the training loss is {train:.2f}",
        "The model learns its text by heart: more text, a smaller model, dropout=0.1 or fewer steps; and check that "
        "the loader moves on from batch to batch.",
    )  # fmt: skip


def smooth(steps: Sequence[dict[str, Any]]) -> list[float]:
    """Return the mean loss of each window of steps, without overlap."""
    losses = [step["loss"] for step in steps]
    return [fmean(losses[i : i + WINDOW]) for i in range(0, len(losses) - WINDOW + 1, WINDOW)]


def divergence(start: dict[str, Any], steps: Sequence[dict[str, Any]]) -> Remark | None:
    """Find a loss that has risen well above where it had been, and stays there."""
    losses = [step["loss"] for step in steps]
    if len(losses) < 6:
        return None
    now = median(losses[-5:])
    best = min(median(losses[i : i + 3]) for i in range(len(losses) - 2))  # one lucky batch is no low
    unigram = start.get("unigram_loss", -math.inf)
    # While a model already knows the words' frequencies, a small rise may be noise; a nat is not.
    margin = max(0.5, 0.15 * best) if now >= unigram else 1.0
    lost = now > start.get("expected_first_loss", math.inf) + 0.5  # worse than knowing nothing
    if now <= best + margin and not lost:
        return None
    at = steps[-1]["step"]
    return Remark(
        "divergence", at, f"the loss has risen to {now:.2f} after it had been {best:.2f}: the run diverges",
        f"Divide lr by 3 to 10 (it is {steps[-1].get('lr', 0):.1e}), warm up longer, and keep clip=1.0.",
    )  # fmt: skip


def plateau(start: dict[str, Any], steps: Sequence[dict[str, Any]]) -> Remark | None:
    """Find a loss that no longer falls while it is still worse than counting pairs of words.

    Below the bigram model's loss a slow run is only nearing its end, which is health.
    """
    means = smooth(steps)
    bigram, lr = start.get("bigram_loss"), steps[-1].get("lr", 0.0)
    if len(means) < 5 or bigram is None:
        return None
    now, before = fmean(means[-2:]), fmean(means[-5:-3])
    if now <= bigram + 0.05 or before - now > 0.02:
        return None
    at = steps[-1]["step"]
    top = max(step.get("lr", 0.0) for step in steps)
    if lr < 0.3 * top:  # the schedule has ended the learning, not the model
        advice = "The learning rate has already decayed: train longer (max_steps), with a larger lr."
    else:
        advice = (
            f"Try another lr (it is {lr:.1e}): ten times more if the gradient norm is small and steady, "
            "less if it jumps; then check that every parameter receives a gradient."
        )
    return Remark(
        "plateau", at,
        f"for {3 * WINDOW} steps the loss has stayed at {now:.2f}; counting pairs of tokens gives {bigram:.2f}",
        advice,
    )  # fmt: skip


def starving(start: dict[str, Any], steps: Sequence[dict[str, Any]]) -> Remark | None:
    """Find a run that spends its time waiting for data."""
    shares = [step["wait"] for step in steps[-WINDOW:] if "wait" in step]
    if len(shares) < 5 or median(shares) < 0.2:
        return None
    share = median(shares)
    return Remark(
        "starving", steps[-1]["step"], f"{share:.0%} of each step is spent waiting for data",
        "Move the data to a local disk, or tokenize it once into shards; the device is idle meanwhile.",
    )  # fmt: skip
