"""A strip of named panes, one row high, of which one is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tutor.widgets.bar import markup


class Strip(Widget):
    """The names; the open one stands out by color, weight and brackets, so that it does without color too."""

    DEFAULT_CSS = """
    Strip { height: 1; padding: 0 1; background: $panel; color: $foreground-muted; }
    """
    open: reactive[str] = reactive("")
    labels: reactive[dict[str, str]] = reactive(dict)

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        pane: str

    def __init__(self, panes: Sequence[tuple[str, str]], id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Strip.labels, dict(panes))
        self.set_reactive(Strip.open, panes[0][0])

    def render(self) -> Content:
        parts = []
        for number, (pane, label) in enumerate(self.labels.items(), 1):
            text = f"{number} {markup(label)}"
            parts.append(f"[b $text-primary]‹{text}›[/]" if pane == self.open else f" {text} ")
        return Content.from_markup(" ".join(parts))

    def on_click(self, event: events.Click) -> None:
        column = event.x - self.gutter.left
        for number, (pane, label) in enumerate(self.labels.items(), 1):
            width = len(f"{number} {label}") + 3
            if 0 <= column < width:
                self.post_message(self.Chosen(pane))
                return
            column -= width
