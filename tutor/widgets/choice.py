"""One of a few words, changed with the left and right keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tutor.widgets.bar import markup


class Choice(Widget, can_focus=True):
    """Shows the chosen word between two arrows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "Before", show=False),
        Binding("right,space", "turn(1)", "Change", show=False),
    ]
    DEFAULT_CSS = """
    Choice { height: 1; width: 24; padding: 0 1; background: $panel; }
    Choice:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    """
    value: reactive[str] = reactive("")

    def __init__(self, words: Sequence[str], value: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self.words = list(words)
        self.set_reactive(Choice.value, value if value in self.words else self.words[0])

    def render(self) -> Content:
        return Content.from_markup(f"[$foreground-muted]‹[/] {markup(self.value)} [$foreground-muted]›[/]")

    def action_turn(self, step: int) -> None:
        self.value = self.words[(self.words.index(self.value) + step) % len(self.words)]

    def on_click(self) -> None:
        self.action_turn(1)
