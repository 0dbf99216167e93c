"""Pictures in what a page's code printed: in pixels where the terminal can, and always as text beneath."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.color import Color, ColorParseError
from textual.content import Content
from textual.selection import Selection
from textual.widget import Widget
from textual.widgets import Static

from tutor.plates import Palette, Plate, Sheet, draw, sheet
from tutor.widgets.wall import PLACEHOLDER, Wall, row

if TYPE_CHECKING:
    from tutor.app import GradatimApp

ROOM = 80
"""Columns that the window must have, or else text it is: what is narrower would wrap."""


class Printed(Static):
    """Output. Where pictures hang in it, what is copied from it is the text that they stand for."""

    def say(self, shown: Content, text: str) -> None:
        self._text = text.rstrip("\n")
        self.update(shown)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        found = super().get_selection(selection)
        return (self._text, "\n") if found and PLACEHOLDER in found[0] else found


class Pictures:
    """Those of one widget: sent when they are first drawn, sent anew with another theme, deleted with the widget."""

    def __init__(self, owner: Widget) -> None:
        self._owner = owner
        self._drawn: tuple[list[Plate], Palette] | None = None
        self._hung: list[tuple[Plate, Sheet, int]] = []

    @property
    def _wall(self) -> Wall | None:
        return cast("GradatimApp", self._owner.app).wall

    def follow(self, redraw: Callable[[], object]) -> None:
        """Draw again with another theme, and when the terminal comes back from another program."""
        app = self._owner.app

        def again(_: object) -> None:
            self.take_down()
            redraw()

        app.theme_changed_signal.subscribe(self._owner, again)
        app.app_resume_signal.subscribe(self._owner, again)

    def take_down(self) -> None:
        if self._hung and self._wall is not None:
            self._wall.take_down(number for _, _, number in self._hung)
        self._drawn, self._hung = None, []

    def among(self, lines: list[str], plates: list[Plate]) -> Content:
        """The output's lines, with pictures in the place of those they stand for."""
        self._hang(plates)
        parts, at = [], 0
        for plate, cells, number in self._hung:
            parts += [*map(Content, lines[at : plate.at])]
            for y, (left, right) in enumerate(zip(cells.left, cells.right, strict=True)):
                parts.append(Content.assemble(left, row(number, y, cells.width), right))
            parts += [*map(Content, cells.below)]
            at = plate.at + plate.lines
        return Content("\n").join([*parts, *map(Content, lines[at:])])

    def _hang(self, plates: list[Plate]) -> None:
        wall, app = self._wall, self._owner.app
        palette = palette_of(app) if wall is not None and plates else None
        if wall is None or palette is None or not wall.ready or app.size.width < ROOM:
            self.take_down()
            return
        if self._drawn is not None and self._drawn[0] is plates and self._drawn[1] == palette:
            return
        self.take_down()
        self._drawn = plates, palette
        for plate in plates:
            cells = sheet(plate)
            width, height, rgb = draw(plate, cells, palette, wall.cell)
            number = wall.hang(rgb, (width, height), (cells.width, cells.height))
            if number is not None:
                self._hung.append((plate, cells, number))


def palette_of(app: App[object]) -> Palette | None:
    """The theme's colors; None for one that leaves them to the terminal."""
    try:
        named = {
            name: Color.parse(app.theme_variables[name])
            for name in ("surface", "panel", "primary", "foreground", "accent", "success", "error", "secondary")
        }
    except (ColorParseError, KeyError):
        return None
    if any(color.ansi is not None for color in named.values()):
        return None
    rgb = {name: color.rgb for name, color in named.items()}
    lines = tuple(rgb[name] for name in ("primary", "accent", "success", "error", "secondary", "foreground"))
    return Palette(rgb["surface"], (rgb["panel"], rgb["primary"], rgb["foreground"]), lines)
