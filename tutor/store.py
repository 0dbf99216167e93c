"""The progress file while it is open: transactions, damage, a disk that refuses, a file that is gone."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from tutor import database, trouble
from tutor.database import ProgressError

RETRY_SECONDS = 2.0
"""How often it is tried at most whether a disk that refused can be written again."""
_T = TypeVar("_T")


class Store:
    """The progress file, safe for several processes and threads at once; a write that returned is on disk.

    Where the disk refuses, what happens is remembered in memory, and written as soon as it can be. ``notice`` is a
    sentence for the reader when that is so, or when a damaged file had to be replaced, else empty; what
    turns out later goes to ``tell``, from whatever thread.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notice = ""
        self.tell: Callable[[str], None] = lambda words: None
        self._lock = threading.RLock()
        self._refusal = ""
        """Why nothing can be written now; the connection is then to a copy in memory."""
        self._waiting: list[tuple[str, tuple[object, ...]]] = []
        """Rows that are remembered and not yet written, with their tables."""
        self._tried = 0.0
        self._file: tuple[int, int] | None = None
        self._connection = self._open()

    def settle(self) -> str:
        """Write what is only remembered, if that can be done now; a sentence about what can not, else nothing."""
        with self._lock:
            self._write_waiting(at_once=True)
            count = len(self._waiting)
        if not count:
            return ""
        if count == 1:
            return f"The last entry of your progress could not be written at {self.path}: {self._refusal}."
        return f"The last {count} entries of your progress could not be written at {self.path}: {self._refusal}."

    def close(self) -> None:
        with self._lock:
            self.settle()
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- opening ----------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        for _ in range(3):
            seen = database.identity(self.path)
            try:
                try:
                    connection = database.connect(self.path)
                except sqlite3.DatabaseError as error:
                    if not database.is_damage(error):
                        raise
                    self._replace_damaged(seen)
                    continue
                self._file = database.identity(self.path)
                return connection
            except (OSError, sqlite3.Error) as error:
                if trouble.refused(error):
                    return self._in_memory(error)
                raise ProgressError(
                    f"Progress cannot be kept at {self.path}: {trouble.why(error)}. GRADATIM_DATA can name "
                    "another folder."
                ) from None
        raise ProgressError(f"The progress file at {self.path} is damaged again and again; is the disk failing?")

    def _replace_damaged(self, seen: tuple[int, int] | None) -> None:
        aside = database.set_aside(self.path, seen)
        if aside is None:
            return  # another process was quicker; its new file will do
        connection = database.connect(self.path)
        try:
            saved = database.salvage(aside, connection)
        finally:
            connection.close()
        rescued = f"{saved} entries could be read back." if saved else "Nothing could be read back."
        self.notice = f"Your progress file was damaged and is kept as {aside}; a new one was made. {rescued}"

    def _in_memory(self, error: Exception) -> sqlite3.Connection:
        """A copy to go on with where the file cannot be written, and a sentence that says so."""
        self._refusal = self._why(error)
        words = (
            f"Your progress cannot be written at {self.path}: {self._refusal}. It is remembered until Gradatim "
            "ends, and written as soon as that can be done."
        )
        self.notice = self.notice or words
        self.tell(words)
        return database.in_memory(self.path)

    def _why(self, error: Exception) -> str:
        """The reason in words; where SQLite only says that something failed, the system is asked itself."""
        try:
            with tempfile.TemporaryFile(dir=self.path.parent, buffering=0) as file:
                file.write(bytes(1 << 16))
        except OSError as exact:
            return trouble.why(exact)
        return trouble.why(error)

    def _write_waiting(self, at_once: bool = False) -> None:
        """Go back to the file if it can be written again, with all that is remembered."""
        if not self._refusal or (self._tried + RETRY_SECONDS > time.monotonic() and not at_once):
            return
        self._tried = time.monotonic()
        try:
            file = database.connect(self.path)
        except (OSError, sqlite3.Error, ProgressError):
            return
        here, self._connection = self._connection, file
        try:
            self._transaction(lambda: [database.insert(file, table, row) for table, row in self._waiting])
        except sqlite3.Error:
            self._connection = here
            file.close()
            return
        here.close()
        self._file, self._refusal = database.identity(self.path), ""
        if self._waiting:
            self.tell("Your progress can be written again; nothing of it was lost.")
        self._waiting = []

    def _follow(self) -> None:
        """If the file was deleted or replaced while it was open, go on with the one that bears its name now."""
        if self._refusal or database.identity(self.path) == self._file:
            return
        old, self._connection = self._connection, self._open()
        with contextlib.closing(old):
            self._transaction(lambda: database.copy_rows(old, self._connection))

    # -- reading and writing ------------------------------------------------------------------------

    def _add(self, table: str, *values: object) -> None:
        row = (uuid.uuid4().hex, time.time(), *values)
        with self._lock:
            self._write_waiting()
            self._follow()
            try:
                self._do(lambda: database.insert(self._connection, table, row))
            except sqlite3.OperationalError as error:
                if not trouble.refused(error):
                    raise
                old, self._connection = self._connection, self._in_memory(error)
                database.copy_rows(old, self._connection)
                old.close()
                self._do(lambda: database.insert(self._connection, table, row))
            if self._refusal:
                self._waiting.append((table, row))

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._do(lambda: self._connection.execute(statement, values).fetchall(), write=False)

    def _do(self, work: Callable[[], _T], write: bool = True) -> _T:
        """Do it in one transaction; when the file turns out to be damaged, once more with a new one."""
        with self._lock:
            try:
                return self._transaction(work) if write else work()
            except sqlite3.DatabaseError as error:
                if not database.is_damage(error):
                    raise
            self._connection.close()
            self._replace_damaged(database.identity(self.path))
            self._connection = self._open()
            return self._transaction(work)

    def _transaction(self, work: Callable[[], _T]) -> _T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work()
            self._connection.execute("COMMIT")
            return result
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
