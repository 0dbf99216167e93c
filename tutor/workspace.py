"""The learner's files: give them out, read them, write them safely, set them back, compare them."""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from pathlib import Path

from exercises import Exercise

ASSISTANTS = Path(__file__).with_name("assistants.md")


class Workspace:
    """The learner's folder, one file an exercise: ``home/<topic>/<id>.py``."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def file(self, exercise: Exercise) -> Path:
        """Where the learner's answer to this exercise is, or will be."""
        return self.home / exercise.topic / f"{exercise.id}.py"

    def exists(self, exercise: Exercise) -> bool:
        return self.file(exercise).is_file()

    def give(self, exercise: Exercise, text: str | None = None) -> Path:
        """Put the stub there if nothing is there yet; a file that exists is never touched.

        ``text`` replaces the exercise's own stub, for exercises whose questions are drawn.
        """
        path = self.file(exercise)
        if not path.exists():
            self._tell_assistants()
            write_atomic(path, exercise.text("start.py") if text is None else text, replace=False)
        return path

    def _tell_assistants(self) -> None:
        """Ask AI assistants to tutor and not to answer, in a file that they look for; before the first exercise only.

        So it is written once: what the learner makes of it, or that it was deleted, is never undone.
        """
        note = self.home / "AGENTS.md"
        if not note.exists() and next(self.home.glob("*/*.py"), None) is None:
            with contextlib.suppress(OSError):  # the exercise is what matters
                write_atomic(note, ASSISTANTS.read_text(encoding="utf-8"), replace=False)

    def read(self, exercise: Exercise) -> str:
        """The learner's text. Raises FileNotFoundError, or ValueError when it is not UTF-8."""
        return read_text(self.file(exercise))

    def write(self, exercise: Exercise, text: str) -> Path:
        """Replace the file in one step: a reader sees the old text or the new, never half of one."""
        path = self.file(exercise)
        write_atomic(path, text)
        return path

    def reset(self, exercise: Exercise, text: str | None = None) -> str | None:
        """Set the file back to its stub and return what it held; keep that in the history first.

        Callers pass the returned text to `Progress.snapshot` *before* they call this, through
        `read`; it is returned here so that nothing is lost when they did not.
        """
        try:
            before: str | None = self.read(exercise)
        except (FileNotFoundError, ValueError):
            before = None
        self.write(exercise, exercise.text("start.py") if text is None else text)
        return before

    def diff(self, exercise: Exercise, other_text: str, label: str = "answer") -> list[str]:
        """Unified diff from the learner's file to ``other_text``, one line an item."""
        mine = self.read(exercise).splitlines()
        return list(difflib.unified_diff(mine, other_text.splitlines(), "yours", label, lineterm="", n=3))


def read_text(path: Path) -> str:
    """A UTF-8 file, with or without a byte-order mark. Raises ValueError in plain words."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8 and try again.") from None


def write_atomic(path: Path, text: str, replace: bool = True) -> None:
    """Write beside the file, flush to disk, then rename; with ``replace=False`` an existing file wins.

    Raises OSError, which names the file that was meant; the file is then what it was before.
    """
    try:
        _write_atomic(path, text, replace)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error  # not the name of the temporary one


def _write_atomic(path: Path, text: str, replace: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve() if replace else path  # a learner may have made the file a link
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        temporary.chmod(mode)
        if replace:
            os.replace(temporary, target)
        else:
            _link_if_absent(temporary, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def _link_if_absent(temporary: Path, target: Path) -> None:
    """Give the finished file its name unless somebody else has just taken it."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        return
    except OSError:  # file systems without hard links
        if not target.exists():
            os.replace(temporary, target)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
