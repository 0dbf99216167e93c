"""What the terminal can show beyond text: whether it draws pixels in cells, asked before the screens open."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Callable, Mapping

QUERY = "\x1b_Gi=1,a=q,s=1,v=1,f=24,t=d;AAAA\x1b\\\x1b[>q\x1b[c"
"""Kitty's graphics protocol? Your name and version? And what every terminal answers, so that none is waited for."""
CELL = (10, 20)
"""Pixels of a cell where the terminal does not tell: half as wide as high, as most are."""
SPARE = 12
"""Wider cells are drawn in fewer pixels and enlarged: what is sent stays small."""


def pixels(environment: Mapping[str, str] = os.environ, ask: Callable[[str], str] | None = None) -> bool:
    """Whether images can hang in the cells of this terminal: Kitty's protocol with its Unicode placeholders.

    Kitty and Ghostty are told by the TERM they set. Their other variables reach whatever is started within them, so
    those only lead to a question; an answer to the protocol alone is not enough, for WezTerm and Konsole speak it
    without the placeholders. tmux and screen would have to pass every image on: there, text it is.
    """
    term = environment.get("TERM", "")
    if any(environment.get(name) for name in ("TMUX", "STY", "NO_COLOR", "TEXTUAL_DRIVER")):
        return False
    if term.startswith(("screen", "tmux")):
        return False
    if not (sys.stdin.isatty() and sys.stdout.isatty()) and ask is None:
        return False
    if term in ("xterm-kitty", "xterm-ghostty"):
        return True
    if environment.get("KITTY_WINDOW_ID") or environment.get("TERM_PROGRAM", "").lower() == "ghostty":
        answer = (ask or _ask)(QUERY)
        return "\x1b_Gi=1;OK\x1b\\" in answer and re.search(r"\x1bP>\|(kitty|ghostty)\b", answer) is not None
    return False


def _ask(query: str, seconds: float = 1.0) -> str:
    """What the terminal answers, up to its answer to the last question. Empty where there is no such terminal."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        return ""
    stdin, answer = sys.stdin.fileno(), b""
    before = termios.tcgetattr(stdin)
    try:
        tty.setcbreak(stdin)
        os.write(sys.stdout.fileno(), query.encode())
        end = time.monotonic() + seconds
        while re.search(rb"\x1b\[\?[\d;]*c", answer) is None and len(answer) < 4096:
            if not select.select([stdin], [], [], max(0.0, end - time.monotonic()))[0]:
                break
            answer += os.read(stdin, 1024)
    except OSError:
        return ""
    finally:
        termios.tcsetattr(stdin, termios.TCSAFLUSH, before)  # an answer that comes late is not typed
    return answer.decode("latin-1")


def cell() -> tuple[int, int]:
    """Width and height of a cell, in pixels to draw."""
    try:
        import fcntl
        import struct
        import termios

        told = fcntl.ioctl(sys.__stdout__.fileno(), termios.TIOCGWINSZ, bytes(8))  # type: ignore[union-attr]
        return cell_of(*struct.unpack("HHHH", told))
    except (ImportError, OSError, AttributeError, ValueError):
        return CELL


def cell_of(rows: int, columns: int, width: int, height: int) -> tuple[int, int]:
    """The cell of a window of so many cells and pixels."""
    if not (rows and columns and width and height):
        return CELL
    across, down = width / columns, height / rows
    if not (2 <= across <= 100 and 1 <= down / across <= 3):
        return CELL
    smaller = min(1.0, SPARE / across)
    return max(2, round(across * smaller)), max(2, round(down * smaller))
