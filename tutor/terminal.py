"""The terminal around the app: its title, and the signals by which it or the system says that it ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from tutor.widgets.signs import cells

if TYPE_CHECKING:
    from tutor.app import GradatimApp


def put_title_aside(desk: GradatimApp) -> None:
    """Let the terminal remember the title that it had."""
    write(desk, "\x1b[22;2t")


def set_title(desk: GradatimApp, words: str) -> None:
    """Say where the learner is."""
    clean = "".join(c for c in (cells(words) if desk.plain.enabled else words) if c.isprintable())
    write(desk, f"\x1b]2;{'Gradatim: ' + clean if clean else 'Gradatim'}\x07")


def bring_title_back(desk: GradatimApp) -> None:
    """Have the terminal show again what `put_title_aside` found."""
    write(desk, "\x1b[23;2t")


def write(desk: GradatimApp, sequence: str) -> None:
    """Send a control sequence, where there is a terminal to take it."""
    if desk._driver is not None and not desk.is_headless and not desk.is_web:
        desk._driver.write(sequence)


def listen_to_signals(ended: Callable[[int], None]) -> None:
    """Call ``ended`` with an exit code where the terminal is closed or the system goes down."""
    for name in ("SIGHUP", "SIGTERM"):
        # Not every system has both, and an app in a thread gets none.
        with contextlib.suppress(AttributeError, NotImplementedError, ValueError, RuntimeError):
            number = getattr(signal, name)
            asyncio.get_running_loop().add_signal_handler(number, ended, 128 + number)
