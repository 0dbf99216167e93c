"""Text on standard output: wrapped and colored on a terminal, plain and whole elsewhere. It needs no other library,
since loading one takes longer than a verdict."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_asked = False  # whether `at_rest` holds
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def terminal() -> bool:
    """Whether someone looks at it as it comes."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def still() -> bool:
    """Whether nothing is to move: what is drawn stays where it is drawn."""
    from tutor.settings import Settings

    return _asked or Settings.kept().still


@contextmanager
def at_rest() -> Iterator[None]:
    """Let nothing move in here, whatever the settings say."""
    global _asked
    before, _asked = _asked, True
    try:
        yield
    finally:
        _asked = before


def width(stream: TextIO | None = None) -> int:
    """Columns of the terminal behind a stream, standard output if none is named; 80 where it does not say."""
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def styled(text: str, style: str) -> str:
    """The text in a style such as ``bold green``, where colors are wanted (https://no-color.org)."""
    plain = not text or not style or not terminal() or os.environ.get("NO_COLOR")
    if plain or (sys.platform == "win32" and "WT_SESSION" not in os.environ):
        return text
    return f"\x1b[{';'.join(_CODES[word] for word in style.split())}m{text}\x1b[0m"


def indented(text: str, by: int, style: str = "", wrap: bool = True) -> None:
    """Print text set in from the left: wrapped to a terminal's width, whole elsewhere."""
    room = width() - by
    for line in text.splitlines():
        pieces = [line]
        if wrap and terminal() and len(line) > room > 20:
            own = " " * (len(line) - len(line.lstrip()))
            pieces = textwrap.wrap(line, room, subsequent_indent=own, break_on_hyphens=False)
        for piece in pieces or [""]:
            print(" " * by + styled(piece, style) if piece else "")


def fitted(text: str, room: int) -> str:
    """The text with its long lines broken at words; a path or another long word stays whole."""

    def broken(line: str) -> str:
        return textwrap.fill(line, room, break_long_words=False, break_on_hyphens=False) if len(line) > room else line

    return "\n".join(map(broken, text.split("\n")))


def reflowed(text: str) -> str:
    """Prose with its lines joined to paragraphs; what is indented or listed keeps its lines."""
    paragraphs = []
    for paragraph in text.strip().split("\n\n"):
        lines = paragraph.splitlines()
        loose = any(line.startswith((" ", "-", "*", "`")) for line in lines)
        paragraphs.append(paragraph if loose else " ".join(lines))
    return "\n\n".join(paragraphs)
