"""A learner's file while it is open: what is on disk, what is not saved yet, and who changed it."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from exercises import Exercise
from tutor import trouble
from tutor.workspace import Workspace, read_text, write_atomic

WINDOW = os.urandom(4).hex()
"""Tells the unsaved texts of this window from those of others that have the same file open."""


@dataclass(frozen=True)
class Opened:
    """A text to begin with, and how it came about."""

    text: str
    restored: bool = False
    """It is unsaved text of an earlier time."""
    rival: str | None = None
    """The file's own text, where it is newer than the unsaved one: the learner must choose."""
    refused: str = ""
    """Why the file could not be made, as on a read-only disk; the text can be worked on all the same."""


class Buffer:
    """Joins one file of the workspace with the text in the editor; no text is ever dropped.

    Unsaved text lies beside the file as ``.NAME.WINDOW.draft``, one for each window, and is gone once that window
    has saved the file.
    Threads may call at once: one waits for the other, so that no draft is written after its save.
    """

    def __init__(self, workspace: Workspace, exercise: Exercise) -> None:
        self.workspace, self.exercise = workspace, exercise
        self.path: Path = workspace.file(exercise)
        self.draft = self.path.with_name(f".{self.path.name}.{WINDOW}.draft")
        self.known: str | None = None
        """The file's text as last read or written here."""
        self._stamp: tuple[int, int] | None = None
        self._lock = threading.RLock()

    def open(self, stub: str | None = None) -> Opened:
        """Give the file out if it is not there, and read it, with what was left unsaved.

        Raises OSError, or ValueError when the file is not text.
        """
        with self._lock:
            try:
                self.workspace.give(self.exercise, stub)
            except OSError as error:
                if not trouble.refused(error):
                    raise
                self.known = self.exercise.text("start.py") if stub is None else stub
                return Opened(self.known, refused=trouble.why(error))
            text = self._read()
            drafts = self._drafts()
            for draft, left, _ in drafts:
                if left == text:
                    self.drop(draft)
            drafts = [one for one in drafts if one[1] != text]
            if not drafts:
                return Opened(text)
            _, left, when = max(drafts, key=lambda one: one[2])
            rival = text if self._stamp is not None and self._stamp[0] > when else None
            return Opened(left, restored=True, rival=rival)

    def others(self) -> list[tuple[Path, str]]:
        """The unsaved texts of other windows, living or gone, each with the file that keeps it."""
        return [(draft, text) for draft, text, _ in self._drafts() if draft != self.draft]

    def _drafts(self) -> list[tuple[Path, str, int]]:
        found = []
        for draft in self.path.parent.glob(f".{self.path.name}.*draft"):
            with contextlib.suppress(OSError, ValueError):
                found.append((draft, read_text(draft), draft.stat().st_mtime_ns))
        return found

    def save(self, text: str) -> str | None:
        """Write the file, and return what somebody else had written there since it was last read here.

        Raises OSError; then nothing has changed.
        """
        with self._lock:
            before = self.known
            overwritten = self.changed() if before is not None else None
            self.known = before if overwritten is not None else self.known
            if text != self.known or not self.path.exists():
                self.workspace.write(self.exercise, text)
            self.known, self._stamp = text, self._look()
            self.drop(self.draft)
            return overwritten if overwritten != text else None

    def keep(self, text: str) -> None:
        """Note unsaved text beside the file. Raises OSError."""
        with self._lock:
            if text == self.known:
                self.drop(self.draft)
            else:
                write_atomic(self.draft, text)

    def changed(self) -> str | None:
        """The file's new text if somebody else has written it since it was last read here, else None."""
        with self._lock:
            stamp = self._look()
            if stamp is None or stamp == self._stamp:
                return None
            before = self.known
            try:
                text = self._read()
            except (OSError, ValueError):
                return None  # being written right now, or not text: look again at the next beat
            return text if text != before else None

    @property
    def gone(self) -> bool:
        """Whether there was a file, and somebody has deleted it."""
        return self._stamp is not None and self._look() is None

    def overtaken(self) -> bool:
        """Whether somebody else has written another text there; unlike `changed`, this takes no note of it."""
        with self._lock:
            stamp = self._look()
            if stamp is None or stamp == self._stamp:
                return False
            try:
                return self.workspace.read(self.exercise) != self.known
            except (OSError, ValueError):
                return True

    def _read(self) -> str:
        stamp = self._look()
        text = self.workspace.read(self.exercise)
        self.known, self._stamp = text, stamp
        return text

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def drop(self, draft: Path) -> None:
        """Remove an unsaved text, because it is kept elsewhere by now."""
        with contextlib.suppress(OSError):
            draft.unlink()
