"""The SQLite file behind progress: its tables, how it is opened, and what happens when it is damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

SCHEMA = 2
"""Version of the tables, kept in the file's ``user_version``."""

MIGRATIONS = {
    1: """
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, at REAL NOT NULL, exercise TEXT NOT NULL,
        status TEXT NOT NULL, source TEXT NOT NULL, report TEXT NOT NULL, hash TEXT NOT NULL,
        origin TEXT NOT NULL
    );
    CREATE INDEX attempts_by_exercise ON attempts (exercise, status);
    CREATE TABLE shown (
        id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, at REAL NOT NULL, exercise TEXT NOT NULL,
        what TEXT NOT NULL, level INTEGER NOT NULL
    );
    CREATE INDEX shown_by_exercise ON shown (exercise);
    CREATE TABLE answers (
        id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, at REAL NOT NULL, lesson TEXT NOT NULL,
        item TEXT NOT NULL, seed INTEGER NOT NULL, choice INTEGER NOT NULL, correct INTEGER NOT NULL
    );
    CREATE INDEX answers_by_item ON answers (lesson, item);
    CREATE TABLE snapshots (
        id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, at REAL NOT NULL, exercise TEXT NOT NULL,
        source TEXT NOT NULL, reason TEXT NOT NULL
    );
    CREATE INDEX snapshots_by_exercise ON snapshots (exercise);
    """,
    2: """
    CREATE TABLE placements (
        id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, at REAL NOT NULL, test TEXT NOT NULL,
        node TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL, correct INTEGER NOT NULL
    );
    """,
}
"""What to run to come from the version before; a published entry never changes."""

TABLES: dict[str, tuple[str, ...]] = {
    "attempts": ("uid", "at", "exercise", "status", "source", "report", "hash", "origin"),
    "shown": ("uid", "at", "exercise", "what", "level"),
    "answers": ("uid", "at", "lesson", "item", "seed", "choice", "correct"),
    "snapshots": ("uid", "at", "exercise", "source", "reason"),
    "placements": ("uid", "at", "test", "node", "kind", "item", "correct"),
}
"""The columns that travel in an export; ``uid`` makes a second import of the same rows harmless."""

DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class ProgressError(Exception):
    """Progress cannot be read or written; the message is for the reader."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, rather than locked, full or read-only."""
    # Extended codes carry the kind of error in their lowest byte.
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF in DAMAGE


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, make or migrate its tables, and check that it is whole.

    Every commit is on disk before it returns (``synchronous=FULL``). Raises sqlite3.DatabaseError
    for which `is_damage` holds when the file is damaged, ProgressError when it comes from a newer version.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=15, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA busy_timeout = 15000")
        _migrate(connection)
        # Some network folders cannot do this; SQLite's default works there.
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            damaged = sqlite3.DatabaseError(verdict)
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version == SCHEMA:
        return
    if version > SCHEMA:
        raise ProgressError(
            "Your progress was written by a newer Gradatim. Update this one, or set GRADATIM_DATA to another folder."
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it while this one waited for the lock.
        for step in range(_version(connection) + 1, SCHEMA + 1):
            for statement in MIGRATIONS[step].split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def identity(path: Path) -> tuple[int, int] | None:
    """Which file bears this name at the moment."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def set_aside(path: Path, seen: tuple[int, int] | None) -> Path | None:
    """Rename a damaged file to ``*.damaged-<time>``, with its journals, and return the new name.

    ``seen`` is the file that was found damaged: when another process has already put a new one in
    its place, that one stays and None is returned.
    """
    if seen is None or identity(path) != seen:
        return None
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    try:
        os.replace(path, aside)
    except FileNotFoundError:
        return None
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            os.replace(f"{path}{ending}", f"{aside}{ending}")
    return aside


def salvage(damaged: Path, into: sqlite3.Connection) -> int:
    """Copy every row that can still be read; return how many."""
    try:
        old = sqlite3.connect(damaged, isolation_level=None)
    except sqlite3.Error:
        return 0
    with contextlib.closing(old):
        return copy_rows(old, into)


def copy_rows(old: sqlite3.Connection, into: sqlite3.Connection) -> int:
    """Copy every readable row that is not there yet, from both ends of each table; return how many."""
    count = 0
    for table in TABLES:
        for order in ("ASC", "DESC"):
            # Rows up to the first unreadable page count; the other direction gets those behind it.
            with contextlib.suppress(sqlite3.Error):
                for row in old.execute(_select(table) + f" ORDER BY id {order}"):
                    count += insert(into, table, row)
    return count


def in_memory(path: Path) -> sqlite3.Connection:
    """A copy in memory of what the file holds, for where it can be read but not written."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(memory)
    # Where not even SQLite's small files beside it can be made, the file is read as if nobody else wrote it.
    for how in ("mode=ro", "mode=ro&immutable=1"):
        with contextlib.suppress(sqlite3.Error):
            old = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)
            with contextlib.closing(old):
                copy_rows(old, memory)
    return memory


def _select(table: str) -> str:
    return f"SELECT {', '.join(TABLES[table])} FROM {table}"


def rows(connection: sqlite3.Connection, table: str) -> list[dict[str, object]]:
    """All rows of a table, oldest first, without their local numbers."""
    found = connection.execute(_select(table) + " ORDER BY at, id")
    return [dict(zip(TABLES[table], row, strict=True)) for row in found]


def insert(connection: sqlite3.Connection, table: str, row: tuple[object, ...]) -> int:
    """Add one row unless its ``uid`` is there already; return how many were added."""
    marks = ", ".join("?" * len(row))
    statement = f"INSERT OR IGNORE INTO {table} ({', '.join(TABLES[table])}) VALUES ({marks})"
    return connection.execute(statement, row).rowcount
