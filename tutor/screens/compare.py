"""Your code beside the answer: two columns where there is room, one with marks where there is not."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.highlight import highlight
from textual.widgets import Static

from tutor.screens.base import Page
from tutor.widgets.bar import Bar, markup
from tutor.widgets.fence import CodeColors
from tutor.widgets.keys import Keys

SIDE_BY_SIDE = 110
Row = tuple[str, int | None, int | None]
"""What happened (" ", "-", "+" or "~") and the two line numbers, from 0."""


class Compare(Page):
    """A comparison of two texts."""

    HELP = """\
## Two texts

Lines marked `-` stand only in the first (yours, or the earlier one), `+` only in the second (the answer, or what you
have now); `~` differ between the two. Another way than the answer's is not a wrong way: what passed is right.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", id="compare.back"),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
    ]

    def __init__(self, title: str, mine: str, answer: str, names: tuple[str, str] = ("yours", "the answer")) -> None:
        """``names`` are those of the two texts."""
        super().__init__(classes="compare")
        self.heading, self.names = title, names
        self.mine, self.answer = mine.rstrip("\n").split("\n"), answer.rstrip("\n").split("\n")
        self._colored = [
            highlight("\n".join(lines), language="python", theme=CodeColors).split("\n", allow_blank=True)
            for lines in (self.mine, self.answer)
        ]

    def where(self) -> str:
        return f"compare · {self.heading}"

    def compose(self) -> ComposeResult:
        yield Bar(f"[b]{markup(self.heading)}[/]", f"[$foreground-muted]{' and '.join(self.names)}[/]")
        with VerticalScroll(id="compare"):
            yield Static(id="compare-text")
        yield Keys()

    def on_mount(self) -> None:
        self.query_one("#compare").focus()

    def on_resize(self) -> None:
        self.query_one("#compare-text", Static).update(self.render_rows(self.size))

    def action_scroll(self, step: int) -> None:
        self.query_one("#compare", VerticalScroll).scroll_relative(y=step, animate=False)

    def render_rows(self, size: Size) -> Content:
        """The comparison for a screen of this size."""
        rows = list(aligned(self.mine, self.answer))
        if all(mark == " " for mark, _, _ in rows):
            said = Content(f"No difference, line by line, between {' and '.join(self.names)}.")
            return Content("\n").join(said.wrap(max(size.width - 4, 10)))
        if size.width >= SIDE_BY_SIDE:
            return self._columns(rows, (size.width - 9) // 2)
        return self._single(rows, max(size.width - 6, 10))

    def _line(self, side: int, number: int | None, width: int | None = None) -> Content:
        line = self._colored[side][number] if number is not None and number < len(self._colored[side]) else Content("")
        if width is None:
            return line
        line = line.truncate(width, ellipsis=True)
        return line + " " * (width - line.cell_length)

    def _columns(self, rows: list[Row], width: int) -> Content:
        head = f"[b]{'  ' + self.names[0]:<{width + 3}}[/]  [b]{self.names[1]}[/]"
        lines = [Content.from_markup(head)]
        for mark, left, right in rows:
            lines.append(
                Content.assemble(
                    _sign("-" if mark == "-" else "~" if mark == "~" else " "),
                    self._line(0, left, width),
                    Content.from_markup(" [$border-blurred]│[/] "),
                    _sign("+" if mark == "+" else "~" if mark == "~" else " "),
                    self._line(1, right, width),
                )
            )
        return Content("\n").join(lines)

    def _single(self, rows: list[Row], width: int) -> Content:
        lines: list[Content] = []
        pending: list[Content] = []

        def folded(mark: str, line: Content) -> list[Content]:
            first, *others = line.fold(width) or [line]
            return [_sign(mark) + first, *(Content("  ") + other for other in others)]

        for mark, left, right in rows:
            if mark in "-~":
                lines += folded("-", self._line(0, left))
            if mark in "+~":
                pending += folded("+", self._line(1, right))
            if mark == " ":
                lines += pending
                pending = []
                lines += folded(" ", self._line(0, left))
        return Content("\n").join(lines + pending)


def _sign(mark: str) -> Content:
    color = {"-": "$text-error", "+": "$text-success", "~": "$text-warning"}.get(mark, "$foreground")
    return Content.from_markup(f"[b {color}]{mark}[/] ")


def aligned(mine: list[str], answer: list[str]) -> Iterator[Row]:
    """Pair the lines of two texts; a changed stretch is paired line by line as far as it reaches."""
    for what, a, b, c, d in difflib.SequenceMatcher(None, mine, answer, autojunk=False).get_opcodes():
        for k in range(max(b - a, d - c)):
            left, right = (a + k if a + k < b else None), (c + k if c + k < d else None)
            if what == "equal":
                yield " ", left, right
            elif left is not None and right is not None:
                yield "~", left, right
            else:
                yield ("-", left, None) if left is not None else ("+", None, right)
