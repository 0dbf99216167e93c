"""A text area that offers names while you type, and takes them one after the other by Tab."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from tutor.widgets.complete import completions

OFFER_PAUSE = 0.15
"""Seconds without a key before names are looked for."""


class Completing(TextArea):
    """What completion needs of the editor. Whoever shows the offer listens for `Offered`."""

    @dataclass
    class Offered(Message):
        """Other names fit what is being typed, or none."""

        editor: Completing

        @property
        def control(self) -> Completing:
            return self.editor

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        self.offer: list[str] = []
        """Names that could stand in place of the one before the cursor, the likeliest first."""
        self._taken: str | None = None
        """The name of the offer that Tab has put there last."""
        self._offer_row = 0
        self._offer_timer: Timer | None = None
        super().__init__(*arguments, **keywords)

    def _one_step(self, text: str, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.history.checkpoint()
        self.replace(text, start, end, maintain_selection_offset=False)
        self.history.checkpoint()

    def _complete(self) -> bool:
        """Put the next name of the offer before the cursor; False where there is nothing to complete."""
        row, column = self.cursor_location
        if self._taken is None:
            begun, self.offer = completions(self.text, row, column)
            if not self.offer:
                return False
            place = 0
        else:
            begun, place = self._taken, (self.offer.index(self._taken) + 1) % len(self.offer)
        self._taken = self.offer[place]
        self._one_step(self._taken, (row, column - len(begun)), (row, column))
        self.post_message(self.Offered(self))
        return True

    @property
    def taken(self) -> str | None:
        """The name of the offer that stands before the cursor, if Tab has put one there."""
        return self._taken

    def on_text_area_changed(self) -> None:
        """What was typed may have a rest; looked for when the fingers pause."""
        if self._taken is None:
            if self._offer_timer is not None:
                self._offer_timer.stop()
            self._offer_timer = self.set_timer(OFFER_PAUSE, self._look_for_names)

    def _look_for_names(self) -> None:
        if self._taken is None and self.has_focus and not self.read_only:
            self._offer(completions(self.text, *self.cursor_location)[1])

    def on_text_area_selection_changed(self) -> None:
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        if self._taken is not None and not (self.selection.is_empty and before.endswith(self._taken)):
            self._taken = None
            self._offer([])
        elif self.offer and self._taken is None:
            begun = _word_before(before) if row == self._offer_row else ""
            self._offer([name for name in self.offer if name.startswith(begun) and name != begun] if begun else [])

    def _offer(self, names: list[str]) -> None:
        if names != self.offer:
            self.offer, self._offer_row = names, self.cursor_location[0]
            self.post_message(self.Offered(self))


def _word_before(line: str) -> str:
    """The name, or its beginning, at the end of a line."""
    found = re.search(r"[A-Za-z_]\w*$", line)
    return found[0] if found else ""
