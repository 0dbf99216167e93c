"""What a run writes down, one JSON object a line, and how to read it back."""

from __future__ import annotations

import errno
import json
import math
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any

Record = dict[str, Any]
SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _plain(value: Any) -> Any:
    """Write NaN and infinity as strings: JSON has no numbers for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


class Log:
    """Appends records to a file; each is on its way to the disk when `append` returns."""

    def __init__(self, path: Path) -> None:
        """Open `path` for appending; a torn last line, left by a killed run, is cut off."""
        whole = 0
        if path.exists():
            content = path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(path, whole)
        self.file = open(path, "ab", buffering=0)  # noqa: SIM115 - open for the life of the run

    def append(self, record: Record) -> None:
        """Write one record, with the time of writing, in a single write.

        Raises OSError where the disk refuses; then nothing of the record is in the file.
        """
        stamped = {"event": record.get("event", "note"), "time": round(time.time(), 3), **record}
        line = (json.dumps(_plain(stamped), allow_nan=False) + "\n").encode()
        written = self.file.write(line)
        if written < len(line):  # a disk that fills up takes what it can
            self.cut(self.tell() - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.file.name)

    def tell(self) -> int:
        """Return the length of the log in bytes."""
        return os.fstat(self.file.fileno()).st_size

    def cut(self, length: int) -> None:
        """Forget all but the first `length` bytes: what came after a resumed run's checkpoint."""
        self.file.truncate(min(length, self.tell()))

    def sync(self) -> None:
        """Wait until the disk has everything."""
        os.fsync(self.file.fileno())

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def __enter__(self) -> Log:
        """Use the log in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()


class Silence(Log):
    """The log of a rank that keeps none: the first one writes for all."""

    def __init__(self) -> None:
        """Open nothing."""

    def append(self, record: Record) -> None:
        """Keep nothing."""

    def tell(self) -> int:
        """Nothing is nowhere."""
        return 0

    def cut(self, length: int) -> None:
        """Forget nothing."""

    def sync(self) -> None:
        """Wait for nothing."""

    def close(self) -> None:
        """Close nothing."""


def in_words(error: BaseException) -> str:
    """Return what an error says to a reader: of one of the system's, the file and the reason, without its number."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def read(path: str | os.PathLike[str], offset: int = 0) -> tuple[list[Record], int]:
    """Return the records from byte `offset` on and the offset to go on from.

    A last line without its end is left for the next call; a damaged line is passed over. A log that
    became shorter than `offset` (a resumed run cuts it) is read again from its start, and the records
    returned then begin with the start record.
    """
    try:
        with open(path, "rb") as file:
            if offset > os.fstat(file.fileno()).st_size:
                offset = 0
            file.seek(offset)
            content = file.read()
    except FileNotFoundError:
        return [], 0
    whole = content.rfind(b"\n") + 1
    records = []
    for line in content[:whole].splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append({key: SPECIAL.get(v, v) if isinstance(v, str) else v for key, v in record.items()})
    return records, offset + whole
