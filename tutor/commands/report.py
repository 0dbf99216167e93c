"""The one-page report of a run: curve, losses against the lines to beat, samples, scores, and its health."""

from __future__ import annotations

import json as codec
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tutor.commands.capstone import needs_run, not_begun
from tutor.commands.context import NOT_PASSED, PASSED, Refusal, put_json
from tutor.commands.curve import curve

# GPT-2 124M as OpenAI released it, measured by others with code that anyone can run.
PUBLISHED = (
    ("validation loss", 3.2924, "on FineWeb-Edu, GPT-2's own tokens (build-nanogpt)"),
    ("HellaSwag acc", 0.2859, "the ending of the least summed loss (build-nanogpt)"),
    ("HellaSwag acc_norm", 0.2955, "the ending of the least mean loss (build-nanogpt)"),
)


def report(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")] = False,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Instead, write the log as event files into this folder.")
    ] = None,
) -> None:
    """Sum up a run on a page: curve, losses against the lines to beat, samples, scores, and whether it is healthy.

    What `gradatim eval` found is in it, with GPT-2 as published beside. Exit code 0: healthy, 1: something is wrong.
    With --tensorboard the run becomes a folder in OUT that TensorBoard shows; several runs may share one OUT.
    """
    from gpt2 import health, log

    path = needs_run(run)
    records, _ = log.read(path)
    if not records:
        raise not_begun(run)
    if tensorboard is not None:
        from tutor.jobs import call

        if json:
            raise Refusal("--json and --tensorboard do not go together.")
        raise typer.Exit(call("gpt2.board", str(run), str(tensorboard)))
    remarks = health.remarks(records)
    facts, scores = summary(records), evaluations(run)
    healthy = not remarks
    if json:
        about = {"evaluations": scores, "healthy": healthy, "remarks": [asdict(r) for r in remarks]}
        put_json({"run": str(run), **facts, **about})
        raise typer.Exit(PASSED if healthy else NOT_PASSED)
    print("\n".join(page(records, facts, scores)))
    for remark in remarks:
        print(f"\n! {remark.name}: {remark.says}\n  {remark.advice}")
    if healthy:
        print("\nNothing looks wrong with this run.")
    raise typer.Exit(PASSED if healthy else NOT_PASSED)


def page(records: list[dict[str, Any]], facts: dict[str, Any], scores: dict[str, Any]) -> list[str]:
    """The lines of the report, but for its remarks."""
    points = [(float(r["step"]), float(r["loss"])) for r in records if r.get("event") == "step" and finite(r)]
    marks = [(float(r["step"]), float(r["loss"])) for r in records if r.get("event") == "val" and finite(r)]
    lines = [f"{key.replace('_', ' '):<20} {in_digits(value)}" for key, value in facts.items() if value is not None]
    if points:
        lines += ["", "loss by step (● validation)", curve([("·", points), ("●", marks)])]
    if scores:
        lines += ["", "measured by `gradatim eval`"]
        lines += [f"  {key:<18} {in_digits(value)}" for found in scores.values() for key, value in found.items()]
    lines += ["", "GPT-2 124M as published, for comparison: other text, so only the HellaSwag rows compare directly"]
    lines += [f"  {what:<18} {value:.4f}  {where}" for what, value, where in PUBLISHED]
    samples = [r for r in records if r.get("event") == "sample"]
    if samples:
        text = " ".join(str(samples[-1].get("text", "")).split())
        lines += ["", f"sample at step {samples[-1].get('step')}", f"  {text[:400]}"]
    return lines


def finite(record: dict[str, Any]) -> bool:
    """Whether a record's loss can be drawn."""
    loss = record.get("loss")
    return isinstance(loss, int | float) and abs(loss) < 1e6  # a NaN is not below


def in_digits(value: Any) -> str:
    """A fact as people read it."""
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def evaluations(run: Path) -> dict[str, Any]:
    """What `gradatim eval` has left in the run's folder; nothing where it was not run, or its file is damaged."""
    try:
        found = codec.loads((run / "eval.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The facts of a run from its log; None for what is not known yet."""
    start = next((r for r in records if r.get("event") == "start"), {})
    steps = [r for r in records if r.get("event") == "step"]
    vals = [r["loss"] for r in records if r.get("event") == "val"]
    speeds = sorted(r["tokens_per_second"] for r in steps if r.get("tokens_per_second"))
    stop: dict[str, Any] = next((r for r in reversed(records) if r.get("event") == "stop"), {})
    return {
        "parameters": start.get("parameters"),
        "device": start.get("device"),
        "tokenizer": start.get("tokenizer"),
        "steps": len(steps),
        "tokens": steps[-1].get("tokens") if steps else None,
        "expected_first_loss": start.get("expected_first_loss"),
        "first_loss": steps[0].get("loss") if steps else None,
        "last_loss": steps[-1].get("loss") if steps else None,
        "validation_loss": vals[-1] if vals else None,
        "best_validation": min(vals) if vals else None,
        "unigram_loss": start.get("unigram_loss"),
        "bigram_loss": start.get("bigram_loss"),
        "tokens_per_second": speeds[len(speeds) // 2] if speeds else None,
        "stopped": stop.get("reason"),
    }
