"""Which run to compare with: a short list over the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets.option_list import Option

from tutor.screens.base import Guarded
from tutor.widgets.bar import markup
from tutor.widgets.listing import Listing


class PickRun(Guarded, ModalScreen[Path | None]):
    """Gives the folder chosen, the folder watched itself for "no other", or None where nothing was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "close", "Cancel", id="pick.cancel")]

    def __init__(self, watched: Path, others: Sequence[Path], now: Path | None) -> None:
        """``now`` is the one that is compared with at present."""
        super().__init__()
        self.now = now
        self.folders = [*([watched] if now else []), *others]

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as box:
            box.border_title = "Compare with"
            yield Listing(id="pick")

    def on_mount(self) -> None:
        words = [f"[b]{markup(folder.name)}[/]" for folder in self.folders]
        if self.now:
            words[0] = "no other: this run alone"
        listing = self.query_one(Listing)
        listing.add_options([Option(Content.from_markup(word)) for word in words])
        listing.highlighted = self.folders.index(self.now) if self.now in self.folders else 0
        listing.focus()

    def on_option_list_option_selected(self, event: Listing.OptionSelected) -> None:
        self.dismiss(self.folders[event.option_index])

    def action_close(self) -> None:
        self.dismiss(None)
