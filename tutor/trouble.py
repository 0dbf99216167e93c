"""Why something could not be written, in words; and which refusals of the disk are to be lived with."""

from __future__ import annotations

import errno
import sqlite3

_ERRNO = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EROFS: "this place is read-only",
    errno.EACCES: "this place may not be written to",
    errno.EPERM: "this place may not be written to",
    errno.EIO: "the disk reports an error",
}
_SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "this place is read-only",
    sqlite3.SQLITE_PERM: "this place may not be written to",
    sqlite3.SQLITE_CANTOPEN: "this place may not be written to",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_BUSY: "another program holds the file",
    sqlite3.SQLITE_LOCKED: "another program holds the file",
}


def refused(error: BaseException) -> bool:
    """Whether the disk refused for a reason that lies outside of Gradatim and may pass."""
    return _known(error) is not None


def why(error: BaseException) -> str:
    """The reason in a few words, without a full stop."""
    words = _known(error)
    return words or (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _known(error: BaseException) -> str | None:
    if isinstance(error, OSError):
        return _ERRNO.get(error.errno or 0)
    if isinstance(error, sqlite3.Error):
        # Extended codes carry the kind of error in their lowest byte.
        return _SQLITE.get((getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF)
    return None
