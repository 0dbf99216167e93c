"""A run as its log tells it, ready to be drawn: what came last, and curves thin enough to redraw."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from gpt2 import health, log

Record = dict[str, Any]
POINTS = 400
"""Points of a curve; a plot of 120 cells has 240 columns."""
SPEED_STEPS = 20
"""Steps over which the speed is averaged."""


class RunState:
    """Reads a run's log.jsonl on, from where it stopped reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start: Record = {}
        self.steps: list[Record] = []
        self.vals: list[tuple[int, float]] = []
        self.sample: Record | None = None
        self.notes: list[str] = []
        self.stop: Record | None = None
        self.taken = 0
        """Records taken in so far: it grows with every piece of news."""
        self._offset = 0

    def read(self) -> list[Record]:
        """Take in what was written since the last call, and return it."""
        records, self._offset = log.read(self.folder / "log.jsonl", self._offset)
        for record in records:
            self._take(record)
        self.taken += len(records)
        return records

    def _take(self, record: Record) -> None:
        event = record.get("event")
        if event == "start":
            self.start, self.stop = record, None
        elif event == "step" and isinstance(record.get("step"), int) and "loss" in record:
            # A run that was killed goes on from its checkpoint, and repeats the steps after it.
            while self.steps and self.steps[-1]["step"] >= record["step"]:
                self.steps.pop()
            self.steps.append(record)
            self.stop = None
        elif event == "val" and "loss" in record:
            self.vals = [(step, loss) for step, loss in self.vals if step < record["step"]]
            if math.isfinite(record["loss"]):
                self.vals.append((record["step"], record["loss"]))
        elif event == "sample":
            self.sample = record
        elif event == "note":
            self.notes.append(str(record.get("message", "")))
            if isinstance(record.get("config"), dict):  # a run that goes on, perhaps to another last step
                self.start = self.start | {"config": record["config"]}
        elif event == "stop":
            self.stop = record

    # -- numbers ------------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        return int(self.steps[-1]["step"]) if self.steps else 0

    @property
    def last_step(self) -> int:
        return int(self.start.get("config", {}).get("max_steps") or 0)

    @property
    def preset(self) -> str:
        return str(self.start.get("config", {}).get("preset") or "")

    def seconds_left(self) -> float | None:
        """From the mean of the latest steps; None before there are any."""
        recent = [s["seconds"] for s in self.steps[-SPEED_STEPS:] if isinstance(s.get("seconds"), (int, float))]
        if not recent or not self.last_step:
            return None
        return max(0, self.last_step - self.step) * sum(recent) / len(recent)

    @property
    def tokens_per_step(self) -> int:
        """Tokens of one step; 1 where the log does not tell."""
        return int(self.start.get("tokens_per_step") or 1)

    def points(self) -> list[tuple[int, float]]:
        """Training loss by step; only finite ones."""
        return [(s["step"], s["loss"]) for s in self.steps if math.isfinite(s["loss"])]

    def curve(self) -> tuple[list[float], list[float]]:
        """Training loss over steps, means of neighbors where there are too many points."""
        points = self.points()
        size = -(-len(points) // POINTS) or 1
        groups = [points[i : i + size] for i in range(0, len(points), size)]
        x = [sum(step for step, _ in group) / len(group) for group in groups]
        return x, [sum(loss for _, loss in group) / len(group) for group in groups]

    def remarks(self) -> list[health.Remark]:
        """What is wrong with it, if anything."""
        vals = [{"event": "val", "step": step, "loss": loss} for step, loss in self.vals]
        return health.remarks([self.start, *self.steps, *vals])

    def state(self, alive: bool) -> tuple[str, str, str]:
        """A sign, a word and a color: how it stands."""
        if alive and self.stop is None:
            return ("●", "running", "$success") if self.steps else ("◌", "preparing", "$text-primary")
        reason = str((self.stop or {}).get("reason", ""))
        if reason == "finished":
            return "✓", "finished", "$success"
        if reason == "error":
            return "✗", "failed", "$error"
        return "◦", "stopped", "$warning"


def span(seconds: float | None) -> str:
    """A time as people say it."""
    if seconds is None:
        return "…"
    s = round(seconds)
    for big, small, size, part in (("d", "h", 86400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if s >= size:
            rest = s % size // part
            return f"{s // size} {big}" + (f" {rest} {small}" if rest else "")
    return f"{s} s"


def size(count: float) -> str:
    """Bytes as people say them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def age(path: Path) -> str:
    """How long ago a file was last written to."""
    try:
        return f"{span(time.time() - path.stat().st_mtime)} ago"
    except OSError:
        return ""
