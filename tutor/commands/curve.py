"""Curves in text: the running means of losses, and validation losses as marks."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]


def curve(layers: Sequence[tuple[str, Sequence[Point]]], width: int = 64, height: int = 12) -> str:
    """Draw points (x, y), each layer with its sign and over those before it, and the values of both axes.

    A layer of more points than columns is thinned. Empty without points.
    """
    points = [point for _, some in layers for point in some]
    if not points:
        return ""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low, high, left, right = min(ys), max(ys), min(xs), max(xs)
    cells = [[" "] * width for _ in range(height)]
    for sign, some in layers:
        for x, y in thinned(some, width):
            column = round((x - left) / ((right - left) or 1) * (width - 1))
            row = round((high - y) / ((high - low) or 1) * (height - 1))
            cells[row][column] = sign
    lines = ["".join(row).rstrip() for row in cells]
    labels = {0: f"{high:.2f}", height // 2: f"{(high + low) / 2:.2f}", height - 1: f"{low:.2f}"}
    drawn = [f"{labels.get(i, ''):>7} │{line}" for i, line in enumerate(lines)]
    foot = f"{left:,.0f}".ljust(width - len(f"{right:,.0f}")) + f"{right:,.0f}"
    return "\n".join([*drawn, f"{'':>7} └{'─' * width}", f"{'':>9}{foot}"])


def thinned(points: Sequence[Point], count: int) -> list[Point]:
    """The mean of each of ``count`` stretches."""
    size = max(1, len(points) // count)
    parts = [points[i : i + size] for i in range(0, len(points), size)]
    return [(sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)) for part in parts]
