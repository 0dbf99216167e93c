"""How an exercise stands, as a sign with a word: never by color alone."""

from __future__ import annotations

SIGNS: dict[str, tuple[str, str, str]] = {
    "passed": ("✓", "passed", "$success"),
    "assisted": ("◐", "assisted", "$secondary"),
    "tried": ("✎", "tried", "$warning"),
    "new": ("·", "new", "$foreground-muted"),
    "changed": ("↻", "changed", "$warning"),
}
WIDTH = 10


def standing(status: str, stale: bool = False, width: int = 0) -> str:
    """Markup for a status; ``width`` pads it to a column."""
    sign, word, color = SIGNS["changed" if stale else status]
    return f"[{color}]{f'{sign} {word}':<{width}}[/]"


def dots(level: int) -> str:
    """A difficulty of one to five."""
    level = min(max(level, 0), 5)
    return f"{'●' * level}{'○' * (5 - level)}"
