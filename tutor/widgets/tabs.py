"""A strip of named panes, one row high, of which one is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
            shown = f"[b $text-primary]‹{text}›[/]" if pane == self.open else f" {text} "
            parts.append(f"[@click=choose('{pane}')]{shown}[/]")
        return Content.from_markup(" ".join(parts))

    def action_choose(self, pane: str) -> None:
        self.post_message(self.Chosen(pane))
