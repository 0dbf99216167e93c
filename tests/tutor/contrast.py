"""What of a screen cannot be read: text with too little contrast, by the definition of WCAG 2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.style import Style
from textual.color import Color
from textual.widgets import Label, TextArea

from tutor.widgets.colors import LEGIBLE, contrast

LARGE = 3.0
"""Enough for what is bold, for what is not to be used now, and for curves."""
DRAWN = (range(0x2500, 0x25A0), range(0x1FB00, 0x1FC00))
"""Lines, blocks and bars: there for the eye, said in words elsewhere."""
STATES = ("success", "warning", "error")
SIGNED = re.compile(r"[✓✗⊘◷▲!✎◐↻◇●○█▌┃━?]")
BRAILLE = range(0x2800, 0x2900)


@dataclass(frozen=True)
class Run:
    """A stretch of one style in one row."""

    row: int
    column: int
    text: str
    style: Style

    @property
    def color(self) -> Color:
        return self._color(self.style.bgcolor if self.style.reverse else self.style.color)

    @property
    def ground(self) -> Color:
        return self._color(self.style.color if self.style.reverse else self.style.bgcolor)

    @property
    def drawn(self) -> bool:
        """Whether there is no letter in it, only lines and blocks."""
        return all(character.isspace() or any(ord(character) in some for some in DRAWN) for character in self.text)

    @property
    def curve(self) -> bool:
        """Whether it is a piece of a curve."""
        return all(character.isspace() or ord(character) in BRAILLE for character in self.text)

    @property
    def wanted(self) -> float:
        """The contrast that it must have at least."""
        return LARGE if self.style.bold or self.style.dim or self.curve else LEGIBLE

    @staticmethod
    def _color(color: Any) -> Color:
        assert color is not None and color.triplet is not None, "every cell has a color and a ground of its own"
        return Color(*color.triplet)

    def __str__(self) -> str:
        return f"{self.row}:{self.column} {self.text.strip()[:40]!r} {self.color.hex} on {self.ground.hex}"


def runs(app: Any) -> Iterator[Run]:
    """All that is painted, row by row."""
    for row, strip in enumerate(app.screen._compositor.render_strips()[: app.size.height]):
        column = 0
        for text, style, _ in strip:
            if text:
                yield Run(row, column, text, style or Style())
            column += len(text)


def covered(app: Any, run: Run) -> bool:
    """Whether it belongs to a screen behind a dialog, which is dimmed so that it is not read."""
    return bool(app.screen.is_modal) and app.screen.get_widget_at(run.column, run.row)[0] is app.screen


def illegible(app: Any) -> list[str]:
    """Each run of text that has not the contrast that it must have."""
    found = []
    for run in runs(app):
        if not run.drawn and not covered(app, run) and (has := contrast(run.color, run.ground)) < run.wanted - 0.005:
            found.append(f"{run}: {has:.2f}, not {run.wanted}")
    return found


def colored(app: Any) -> list[str]:
    """What is not gray."""
    painted = [run for run in runs(app) if run.text.strip()]
    return [str(run) for run in painted if len({*run.color.rgb}) > 1 or len({*run.ground.rgb}) > 1]


def unsigned(app: Any) -> list[str]:
    """What is said by one of the colors of success, warning and error, in a row without a sign for it."""
    said = {Color.parse(app.theme_variables[f"{kind}{name}"]) for kind in ("", "text-") for name in STATES}
    painted = [run for run in runs(app) if run.text.strip() and not covered(app, run)]
    found = []
    for row in range(app.size.height):
        here = [run for run in painted if run.row == row]
        text = "".join(run.text for run in here)
        if not SIGNED.search(text):
            found += [f"{run} has no sign" for run in here if run.color in said and not coded(app, run)]
    return found


def coded(app: Any, run: Run) -> bool:
    """Whether the colors of this place only repeat what is there: Python, a map of NaN, the curves of a plot."""
    widget = app.screen.get_widget_at(run.column, run.row)[0]
    named = widget.id in ("task-code", "history-code", "compare-text", "quiz-code", "verdict-facts")
    return named or widget.has_class("fence-code") or isinstance(widget, (TextArea, Label)) or run.curve
