"""A run followed in plain text, alone or beside another one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tutor.commands.capstone import needs_run, not_begun

POLL_SECONDS = 0.5


def watch(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    other: Annotated[
        Path | None, typer.Option("--with", metavar="DIR2", help="Another run, to compare it with at equal tokens.")
    ] = None,
) -> None:
    """Follow a run in plain text until it stops. Ctrl-C ends the watching, not the run.

    With another one: both curves by tokens, what differs in their settings, their losses at equal tokens; and, while
    the run goes on, each step's loss beside the other's.
    """
    from tutor.jobs import run_alive
    from tutor.screens.run_state import RunState

    needs_run(run)
    state = RunState(run)
    that = RunState(other) if other is not None and needs_run(other) else None
    if that is not None:
        so_far = RunState(run)
        so_far.read()
        that.read()
        print("\n".join(beside(so_far, that)), flush=True)
    said = False
    while True:
        records = state.read()
        said = said or bool(records)
        if that is not None:
            that.read()
        for record in records:
            if line := in_words(record, state.last_step):
                print(line + (compared(record, state, that) if that is not None else ""), flush=True)
        # One more look after the process has ended: its last lines may have come in between.
        if not run_alive(run) and not records:
            if not said:
                raise not_begun(run)
            return
        time.sleep(POLL_SECONDS if not records else 0)


def beside(state: Any, that: Any) -> list[str]:
    """Two runs on a page: both curves over tokens, and a table."""
    from tutor import versus
    from tutor.commands.curve import curve

    layers = []
    for one, line, mark in ((state, "·", "●"), (that, "+", "○")):
        size = one.tokens_per_step
        layers.append((line, [(step * size, loss) for step, loss in one.points()]))
        layers.append((mark, [(step * size, loss) for step, loss in one.vals]))
    head = f"loss by tokens: · {state.folder.name}, + {that.folder.name} (● ○ validation)"
    return [head, curve(layers), "", *versus.table(state, that), ""]


def compared(record: dict[str, Any], state: Any, that: Any) -> str:
    """What the other run's loss was after as many tokens; empty where it was not that far."""
    from tutor import versus

    tokens = record.get("step", 0) * state.tokens_per_step
    if record.get("event") != "step" or tokens > that.step * that.tokens_per_step:
        return ""
    loss = versus.loss_at(that, tokens)
    return f" ({that.folder.name}: {loss:.4f})" if loss is not None else ""


def in_words(record: dict[str, Any], last_step: int = 0) -> str:
    """One record of a run's log as a line for readers; of ``last_step`` steps, where that is known."""
    match record.get("event"):
        case "start":
            return f"start: {record.get('parameters', 0):,} parameters on {record.get('device', '?')}"
        case "step":
            return ", ".join(step_words(record, last_step))
        case "val":
            return f"step {record.get('step')}: validation loss {record.get('loss', 0):.4f}"
        case "sample":
            return f"step {record.get('step')}: sample: {record.get('text', '')}"
        case "checkpoint":
            return f"step {record.get('step')}: checkpoint {record.get('path', '')}"
        case "stop":
            return f"stop: {record.get('reason', '')} {record.get('message', '')}".rstrip()
        case "note":
            return f"note: {record.get('message', '')}"
    return ""


def step_words(record: dict[str, Any], last_step: int) -> list[str]:
    """A step's numbers, each with its name: loss, lr, norm, speed, share of the matmul rate, memory, time left."""
    from tutor.screens.run_state import size, span

    step, seconds = int(record.get("step") or 0), record.get("seconds")
    words = [
        f"step {step}{f' of {last_step}' if last_step else ''}: loss {record.get('loss', 0):.4f}",
        f"lr {record.get('lr', 0):.2e}",
        f"norm {record.get('norm', 0):.2f}",
        f"{record.get('tokens_per_second', 0):,.0f} tokens/s",
    ]
    if record.get("mfu") is not None:
        words.append(f"MFU {record['mfu']:.0%}")
    if record.get("memory"):
        words.append(size(record["memory"]))
    if last_step and seconds:
        words.append(f"{span(max(0, last_step - step) * seconds)} left")
    return words
