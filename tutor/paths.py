"""Where things are kept: the learner's files, their progress, their runs, and the grader's socket."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds the five packages: a checkout, or site-packages."""

SOCKET_LIMIT = 100
"""Bytes; the system allows 104 (macOS) to 108 (Linux) for a socket's path."""
SILENCE_SECONDS = 300.0
"""How long a grader that is at work may say nothing on its socket; its own limits are far below."""


def home() -> Path:
    """The learner's visible folder: ``GRADATIM_HOME``, else ``~/gradatim``. It may not exist yet."""
    named = os.environ.get("GRADATIM_HOME")
    return Path(named).expanduser().absolute() if named else Path.home() / "gradatim"


def data_dir() -> Path:
    """Where progress is kept: ``GRADATIM_DATA``, else the platform's folder for user data."""
    named = os.environ.get("GRADATIM_DATA")
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("gradatim", appauthor=False))


def database() -> Path:
    """The progress file."""
    return data_dir() / "progress.sqlite3"


def runs_dir() -> Path:
    """Where training runs started from the screens live, one folder a run."""
    return home() / "runs"


def cache_dir() -> Path:
    """What can be made again: ``GRADATIM_CACHE``, else the platform's folder for caches."""
    named = os.environ.get("GRADATIM_CACHE")
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("gradatim", appauthor=False))


def runtime_dir() -> Path:
    """A folder of mode 0700 that is ours alone. Raises OSError when another user owns the name."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and os.access(base, os.W_OK) and len(os.fsencode(base)) < 60:
        return _private(Path(base) / "gradatim")
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) >= 60 and os.path.isdir("/tmp"):
        folder = "/tmp"  # a socket's path must stay short
    return _private(Path(folder) / f"gradatim-{user}")


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        found = folder.lstat()
        # In a shared /tmp anyone may have made this name first, as a link to somewhere else.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise OSError(f"{folder} belongs to someone else; set XDG_RUNTIME_DIR to a folder of your own")
        if stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)
    return folder


def socket_path() -> Path:
    """Where the warm grader listens: ``GRADATIM_SOCKET``, else a name made from this installation.

    The name is ``grader-<installation>-<version>.sock``. Another interpreter or another version of the
    course gets another name, so that a grader that was started before an update is never asked again.
    """
    named = os.environ.get("GRADATIM_SOCKET")
    if named:
        path = Path(named).absolute()
    else:
        path = runtime_dir() / f"grader-{_digest(sys.executable, ROOT)}-{_digest(_newest())}.sock"
    if len(os.fsencode(path)) >= SOCKET_LIMIT:
        raise OSError(f"the grader's socket path is too long for this system: {path}")
    return path


def outdated_sockets(path: Path) -> list[Path]:
    """Sockets of graders that this installation started before its files changed."""
    installation, dash, _ = path.name.rpartition("-")
    return [other for other in path.parent.glob(f"{installation}-*.sock") if dash and other != path]


def _digest(*parts: object) -> str:
    import hashlib  # which loads OpenSSL, 2 ms, as in exercises: the first frame does without

    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:8]


def _newest() -> int:
    """Changes whenever a file that the grader reads does: the newest change, and how many files there are."""
    newest = count = 0
    for room in ("graders", "exercises", "lessons", "gpt2"):
        for folder, names, files in os.walk(ROOT / room):
            names[:] = [n for n in names if n != "__pycache__"]
            for file in files:
                if file.endswith((".py", ".toml", ".md")):
                    newest = max(newest, os.stat(os.path.join(folder, file)).st_mtime_ns)
                    count += 1
    return newest + count
