"""The map as somebody would write it without a course behind it: the same widgets in a bare Textual app."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.containers import Container, VerticalScroll
from textual.widgets import OptionList, Static


class Bare(App[None]):
    """Bar, welcome, progress, a list with something about its choice beneath, and the line of keys."""

    CSS = """
    .line { height: 1; }
    #welcome { height: auto; margin: 1 2 0 2; padding: 0 1; border-left: outer $accent; }
    #home, #map { height: 1fr; border: none; }
    #about { height: 7; border-top: solid $primary; }
    """

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines

    def compose(self) -> ComposeResult:
        yield Static("Gradatim", classes="line")
        yield Static("Welcome. " * 40, id="welcome")
        yield Static("─" * 40 + "  0 of 100 exercises done", classes="line")
        with Container(id="home"):
            yield OptionList(*(f"  · new  Exercise {number}" for number in range(self.lines)), id="map")
            with VerticalScroll(id="about", can_focus=False):
                yield Static("What is chosen")
        yield Static("n Next  q Quit  F1 Help", classes="line")


if __name__ == "__main__":
    Bare(int(sys.argv[1])).run()
