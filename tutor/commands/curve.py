"""A curve in text: the running mean of a run's loss, and its validation losses."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]


def curve(points: Sequence[Point], marks: Sequence[Point] = (), width: int = 64, height: int = 12) -> str:
    """Draw points (x, y) as a line of ·, and marks as ●, with the values of both axes; empty without points."""
    if not points:
        return ""
    xs, ys = [x for x, _ in (*points, *marks)], [y for _, y in (*points, *marks)]
    low, high, left, right = min(ys), max(ys), min(xs), max(xs)
    cells = [[" "] * width for _ in range(height)]
    for some, sign in ((thinned(points, width), "·"), (marks, "●")):
        for x, y in some:
            column = round((x - left) / ((right - left) or 1) * (width - 1))
            row = round((high - y) / ((high - low) or 1) * (height - 1))
            cells[row][column] = sign
    lines = ["".join(row).rstrip() for row in cells]
    labels = {0: f"{high:.2f}", height // 2: f"{(high + low) / 2:.2f}", height - 1: f"{low:.2f}"}
    drawn = [f"{labels.get(i, ''):>7} │{line}" for i, line in enumerate(lines)]
    foot = f"{left:g}".ljust(width - len(f"{right:g}")) + f"{right:g}"
    return "\n".join([*drawn, f"{'':>7} └{'─' * width}", f"{'':>9}{foot}"])


def thinned(points: Sequence[Point], count: int) -> list[Point]:
    """The mean of each of ``count`` stretches."""
    size = max(1, len(points) // count)
    parts = [points[i : i + size] for i in range(0, len(points), size)]
    return [(sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)) for part in parts]
