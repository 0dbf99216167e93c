"""What went wrong, told as dialogs: what could not be done and why, and errors of ours with a report to paste."""

from __future__ import annotations

import contextlib
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from tutor import ticket, trouble
from tutor.database import ProgressError
from tutor.screens.base import Dialog

if TYPE_CHECKING:
    from tutor.app import GradatimApp


def tell(desk: GradatimApp, title: str, words: str) -> None:
    """Say that something could not be done, and why."""
    desk.push_screen(Dialog(title, words, [("o", "OK")], tone="-warning"))


def tell_error(desk: GradatimApp, error: BaseException) -> bool:
    """Show an error and go on, where there is a screen; returns False where it should end the app."""
    if isinstance(error, ProgressError) or trouble.refused(error):
        where = getattr(error, "filename", None)
        tell(desk, "This cannot be kept", f"{trouble.why(error)}{f': {where}' if where else ''}")
        return True
    if desk.raise_errors:
        return False
    text = "".join(traceback.format_exception(error))
    screen = type(desk.screen).__name__
    if desk.settings.path is not None:
        with contextlib.suppress(OSError), (desk.settings.path.parent / "errors.txt").open("a") as file:
            file.write(text + "\n")
    if isinstance(desk.screen, Dialog):
        return True
    where = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
    place = f"\n({Path(where.filename).name}, line {where.lineno})" if where else ""
    words = f"{type(error).__name__}: {error}{place}\n\nYour text is safe. You can go on."
    ways = [("o", "OK"), ("s", "save a report of it")]

    def save(answer: str | None) -> None:
        if answer == "s":
            save_ticket(desk, "error", ticket.of_error(text, screen))

    desk.push_screen(Dialog("Something went wrong on our side", words, ways, tone="-error"), save)
    return True


def save_ticket(desk: GradatimApp, name: str, text: str) -> None:
    """Save a report of something of ours, and show it, ready to paste."""
    try:
        words = f"Saved as {ticket.save(desk.workspace.home / 'reports', name, text)}\n\n{text}"
    except OSError as error:
        words = f"It could not be saved ({error.strerror or error}); here it is whole.\n\n{text}"

    def copy(answer: str | None) -> None:
        if answer == "c":
            desk.copy_to_clipboard(text)

    desk.push_screen(Dialog("A report, ready to paste", words, [("o", "OK"), ("c", "copy it")]), copy)
