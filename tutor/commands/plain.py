"""ASCII mode of the commands: standard output and error write their signs in ASCII."""

from __future__ import annotations

import io
import sys
from typing import Any, TextIO

from tutor.settings import Settings
from tutor.widgets.signs import flowing

PROOF = "✓─█…"
"""Signs that the commands use; a stream that cannot encode them gets ASCII, asked or not."""


class Plain(io.TextIOBase):
    """A stream that puts a stand-in for every sign; ``whole`` is the stream itself."""

    def __init__(self, whole: TextIO) -> None:
        self.whole = whole

    def write(self, text: str) -> int:
        self.whole.write(flowing(text))
        return len(text)

    def flush(self) -> None:
        self.whole.flush()

    def isatty(self) -> bool:
        return self.whole.isatty()

    def fileno(self) -> int:
        return self.whole.fileno()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.whole.encoding

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


def ready() -> None:
    """Have both streams write ASCII, where the learner or the terminal asks for it."""
    wanted = Settings.kept().ascii
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        stream = stream.whole if isinstance(stream, Plain) else stream
        if wanted or _cannot(stream):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
            stream = Plain(stream)
        setattr(sys, name, stream)


def exact() -> TextIO:
    """Standard output for what is not ours to change in any mode, such as a file of the learner's."""
    return sys.stdout.whole if isinstance(sys.stdout, Plain) else sys.stdout


def _cannot(stream: TextIO) -> bool:
    try:
        PROOF.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
