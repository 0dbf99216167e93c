"""Two runs beside each other: what differs in their settings, and their losses after equal numbers of tokens."""

from __future__ import annotations

from bisect import bisect_right
from math import isfinite
from statistics import fmean
from typing import Any

from tutor.screens.run_state import RunState

WINDOW = 20
"""Steps that a loss is averaged over: single batches scatter."""
PARTS = 4
"""Places at which the losses are compared: at each quarter of what both have read."""
NAME, COLUMN = 17, 11


def differences(this: RunState, that: RunState) -> list[tuple[str, str, str]]:
    """The options that differ, each with both values, and the devices if those do."""
    ours, theirs = (about(state) for state in (this, that))
    return [
        (name, ours.get(name, ""), theirs.get(name, ""))
        for name in dict.fromkeys([*ours, *theirs])
        if ours.get(name) != theirs.get(name)
    ]


def about(state: RunState) -> dict[str, str]:
    """A run's settings as words."""
    start = state.start
    words = {name: _word(value) for name, value in start.get("config", {}).items()}
    return words | {name: str(start[name]) for name in ("device", "torch") if name in start}


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def losses(this: RunState, that: RunState) -> list[tuple[int, float, float]]:
    """Tokens that both have read, and the mean training loss of either up to there."""
    common = min(state.step * state.tokens_per_step for state in (this, that))
    rows = []
    for tokens in sorted({common * part // PARTS for part in range(1, PARTS + 1)}):
        pair = [loss_at(state, tokens) for state in (this, that)]
        if pair[0] is not None and pair[1] is not None:
            rows.append((tokens, pair[0], pair[1]))
    return rows


def loss_at(state: RunState, tokens: float) -> float | None:
    """The mean loss of the last steps that end with at most so many tokens; None before the first."""
    end = bisect_right(state.steps, tokens // state.tokens_per_step, key=lambda record: record["step"])
    seen = [record["loss"] for record in state.steps[max(0, end - WINDOW) : end] if isfinite(record["loss"])]
    return fmean(seen) if seen else None


def validation(this: RunState, that: RunState) -> tuple[int, float, float] | None:
    """The latest validation losses that both measured after the same number of tokens."""
    ours, theirs = ({step * s.tokens_per_step: loss for step, loss in s.vals} for s in (this, that))
    common = max(ours.keys() & theirs.keys(), default=None)
    return None if common is None else (common, ours[common], theirs[common])


def table(this: RunState, that: RunState) -> list[str]:
    """Both as a few lines of text, aligned: names, settings that differ, losses at equal tokens."""
    lines = [_line("", this.folder.name, that.folder.name)]
    lines += [_line(*row) for row in differences(this, that)] or ["their settings are equal"]
    rows = losses(this, that)
    if not rows:
        return [*lines, "", "one of them has not taken a step yet"]
    lines += ["", _line("tokens", "loss", "loss")]
    lines += [_row(f"{tokens:,}", ours, theirs) for tokens, ours, theirs in rows]
    if found := validation(this, that):
        lines.append(_row(f"val {found[0]:,}", *found[1:]))
    return lines


def _row(name: str, ours: float, theirs: float) -> str:
    return f"{_line(name, f'{ours:.3f}', f'{theirs:.3f}')}  {ours - theirs:+.3f}".replace("-", "−")


def _line(name: str, *columns: str) -> str:
    return f"{_cut(name, NAME):<{NAME}}" + "".join(f" {_cut(column, COLUMN):>{COLUMN}}" for column in columns)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
