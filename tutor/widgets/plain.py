"""ASCII mode on screen: whatever is drawn passes through here, so no widget needs to know of it."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tutor.widgets.signs import cells


class Plain(LineFilter):
    """Draws signs, lines, bars and curves with characters of ASCII, each as wide as it was."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isascii() for segment in segments):
            return segments
        return [Segment(cells(text), style, control) for text, style, control in segments]
