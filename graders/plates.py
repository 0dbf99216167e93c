"""A picture's numbers, a byte each: what a screen that can needs to draw it in pixels; made here, drawn elsewhere."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

FINEST = 256
"""Rows and columns of a matrix at most; what is larger is averaged."""
POINTS = 2048
"""Points of a curve at most; what is longer is thinned."""


@dataclass(frozen=True)
class Plate:
    """A picture twice: as text, which always counts, and as numbers, of which a screen is told levels.

    A level is 0 where the number is inf or nan, else 1 (``low``) to 255 (``high``), row by row.
    """

    text: str
    kind: str
    """``heat`` for a matrix, ``curves`` for a row of points each."""
    numbers: torch.Tensor
    """(rows, columns) of float64."""
    low: float
    high: float
    ends: tuple[str, str]
    """How the two are written."""
    step: int = 1
    """How many numbers each way a level is the mean of."""
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text

    @property
    def size(self) -> int:
        """Levels, of a byte each."""
        return self.numbers.numel()

    @property
    def levels(self) -> bytes:
        part = ((self.numbers - self.low) / (self.high - self.low)).nan_to_num(0.5) * 254
        known = torch.isfinite(self.numbers)
        return bytes((part.round().clamp(0, 254) + 1).where(known, 0).to(torch.uint8).flatten().tolist())

    def told(self, at: int) -> dict[str, Any]:
        """As JSON has it, for an output whose line ``at`` is the first of the text."""
        rows, columns = self.numbers.shape
        place = {"at": at, "lines": self.text.count("\n") + 1, "kind": self.kind, "rows": rows, "columns": columns}
        words = {"low": self.ends[0], "high": self.ends[1], "step": self.step, "names": list(self.names)}
        return {**place, **words, "levels": base64.b64encode(self.levels).decode()}


def matrix(x: torch.Tensor, text: str, low: float, high: float, ends: tuple[str, str]) -> Plate:
    """A plate of a matrix of float64 that is drawn as ``text``."""
    step = math.ceil(max(x.shape) / FINEST)
    if step > 1:
        x = torch.nn.functional.avg_pool2d(x[None], step, ceil_mode=True, count_include_pad=False)[0]
    return Plate(text, "heat", x, low, high, ends, step)


def curves(
    series: Sequence[Sequence[float]], text: str, low: float, high: float, ends: tuple[str, str], names: Sequence[str]
) -> Plate:
    """A plate of up to eight curves that are drawn as ``text``; a shorter one ends with levels of 0."""
    longest = max(len(values) for values in series)
    columns = min(longest, POINTS)
    chosen = [round(i * (longest - 1) / max(1, columns - 1)) for i in range(columns)]
    table = [[v[i] if i < len(v) else math.nan for i in chosen] for v in series[:8]]
    numbers = torch.tensor(table, dtype=torch.float64)
    step = 1 if columns == longest else longest - 1
    return Plate(text, "curves", numbers, low, high if high > low else low + 1, ends, step, tuple(names[:8]))
