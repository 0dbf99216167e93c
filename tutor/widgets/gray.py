"""Without color: what Textual makes gray, and the cells of a plot, over which it stumbles."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import Monochrome


class Gray(Monochrome):
    """As Textual's filter; but a plot draws cells that have no style at all, and those are let through."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        whole = [one if one.style is not None else Segment(one.text, Style.null(), one.control) for one in segments]
        return super().apply(whole, background)
