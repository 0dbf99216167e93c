"""Garbage is collected while nobody presses a key; by itself Python does it in the middle of one, for up to 0.2 s."""

from __future__ import annotations

import gc
from time import monotonic

BEAT = 0.5
"""Seconds between looks, and without a key before anything is done."""
WORTH, MOST = 5_000, 200_000
"""New objects for which a pause is used, and for which none is waited for."""


class Sweep:
    """Python's collector, turned off as long as this is at work. Whoever has a key calls `key`, a timer `look`."""

    def __init__(self) -> None:
        self._last_key = 0.0
        self._at_work = False

    def begin(self) -> None:
        """Take what is there by now, modules above all, as there to stay: it is not looked through again."""
        self._at_work = True
        gc.disable()
        gc.collect()
        gc.freeze()

    def end(self) -> None:
        """Leave the collector as it was found."""
        if self._at_work:
            self._at_work = False
            gc.unfreeze()
            gc.enable()

    def key(self) -> None:
        """A key was pressed."""
        self._last_key = monotonic()

    def look(self) -> None:
        """Collect, if there is something to collect and nobody waits."""
        new = gc.get_count()[0]
        if new > MOST or (new > WORTH and monotonic() - self._last_key > BEAT):
            gc.collect()
