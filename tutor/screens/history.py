"""All earlier texts of an exercise, to look at and to bring back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.highlight import highlight
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tutor.screens.base import Guarded
from tutor.screens.compare import Compare
from tutor.widgets.bar import Bar, markup
from tutor.widgets.fence import CodeColors
from tutor.widgets.keys import Keys
from tutor.widgets.listing import Listing
from tutor.widgets.verdict import SIGNS

if TYPE_CHECKING:
    from tutor.progress import Attempt, Snapshot


class Texts(Listing):
    """The list of texts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Bring back", id="history.restore", tooltip="Put this text into the editor"),
        Binding("d", "screen.difference", "Difference", id="history.difference", tooltip="What has changed since"),
    ]


class History(Guarded, Screen["str | None"]):
    """Every attempt and every text that was replaced, the newest first. Gives back the text that was chosen."""

    HELP = """\
## History

Every check keeps the text that was checked, and every reset the text that went. `{history.difference|d}` shows what
has changed since; {history.restore|Enter} brings a text back into the editor, and what is there now is kept as
well.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Back", id="history.back"),
    ]

    def __init__(
        self, title: str, attempts: Sequence[Attempt], snapshots: Sequence[Snapshot], present: str = ""
    ) -> None:
        """``present`` is the text that stands in the editor now."""
        super().__init__(classes="history")
        self.heading, self.present = title, present
        tried = [(attempt.when, attempt.source, _attempt(attempt)) for attempt in attempts]
        kept = [(one.when, one.source, f"[$foreground-muted]◌ before: {markup(one.reason)}[/]") for one in snapshots]
        self.items = sorted([*tried, *kept], key=lambda item: item[0], reverse=True)

    def compose(self) -> ComposeResult:
        count = len(self.items)
        texts = "1 text" if count == 1 else f"{count} texts"
        yield Bar(f"[b]{markup(self.heading)}[/]  history", f"[$foreground-muted]{texts}[/]")
        with Container(id="history"):
            yield Texts(*[Option(Content.from_markup(f"{_when(w)}  {words}")) for w, _, words in self.items])
            with VerticalScroll(id="history-text"):
                yield Static("Nothing was checked yet." if not self.items else "", id="history-code")
        yield Keys()

    def on_mount(self) -> None:
        self.query_one(Texts).focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        source = self.items[event.option_index][1]
        self.query_one("#history-code", Static).update(highlight(source, language="python", theme=CodeColors))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.items[event.option_index][1])

    def action_difference(self) -> None:
        chosen = self.query_one(Texts).highlighted
        if chosen is not None:
            when, source, _ = self.items[chosen]
            self.app.push_screen(Compare(self.heading, source, self.present, (_when(when), "now")))

    def action_close(self) -> None:
        self.dismiss(None)


def _when(when: datetime) -> str:
    return f"{when.astimezone():%d %b %H:%M}" if when.tzinfo else f"{when:%d %b %H:%M}"


def _attempt(attempt: Attempt) -> str:
    sign, color, word = SIGNS.get(attempt.status, ("!", "$warning", attempt.status))
    checks = attempt.report.checks
    good = sum(check.outcome == "passed" for check in checks)
    words = "passed" if attempt.status == "passed" else word or attempt.status
    return f"[{color}]{sign} {words}[/]" + (f" {good}/{len(checks)}" if checks else "")
