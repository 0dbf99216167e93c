"""Images that hang in a terminal's cells, by Kitty's graphics protocol and its Unicode placeholders.

An image is sent once, under a number; wherever a cell then holds U+10EEEE in the color of that number, with a row and a
column as diacritics, the terminal draws that part of it. So images scroll, are clipped and vanish as text does.
https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
"""

from __future__ import annotations

import base64
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.color import Color
from textual.content import Content
from textual.driver import Driver
from textual.style import Style

from tutor import terminal

if TYPE_CHECKING:
    from tutor.app import GradatimApp

PLACEHOLDER = "\U0010eeee"
DIACRITICS = (
    "\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c\u0350\u0351\u0352\u0357\u035b\u0363"
    "\u0364\u0365\u0366\u0367\u0368\u0369\u036a\u036b\u036c\u036d\u036e\u036f\u0483\u0484\u0485\u0486\u0487\u0592"
    "\u0593\u0594\u0595\u0597\u0598\u0599\u059c\u059d\u059e\u059f\u05a0\u05a1\u05a8\u05a9\u05ab\u05ac\u05af\u05c4"
    "\u0610\u0611\u0612\u0613\u0614\u0615\u0616\u0617\u0657\u0658\u0659\u065a\u065b\u065d\u065e\u06d6\u06d7\u06d8"
    "\u06d9\u06da\u06db\u06dc\u06df\u06e0\u06e1\u06e2"
)
"""The first 80 of the protocol's rowcolumn-diacritics.txt: the n-th stands for row or column n."""
CHUNK = 4096
"""Characters of base64 in one sequence at most."""
NUMBERS = range(0x475201, 0x475201 + 32)
"""The numbers of our images. They are few and fixed, so that what a killed desk left behind can be deleted."""


def send(number: int, rgb: bytes, pixels: tuple[int, int], cells: tuple[int, int]) -> Iterator[str]:
    """Sequences that store an image of so many pixels and stretch it over so many cells; none is answered (q=2)."""
    data = base64.standard_b64encode(zlib.compress(rgb, 1)).decode()
    keys = f"a=T,U=1,i={number},f=24,o=z,s={pixels[0]},v={pixels[1]},c={cells[0]},r={cells[1]},"
    for at in range(0, len(data), CHUNK):
        yield f"\x1b_G{keys}q=2,m={int(at + CHUNK < len(data))};{data[at : at + CHUNK]}\x1b\\"
        keys = ""


def delete(numbers: Iterable[int]) -> str:
    """Sequences that delete images, with their data."""
    return "".join(f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\" for number in numbers)


def row(number: int, y: int, width: int) -> Content:
    """Row ``y`` of an image: as many cells as it is wide."""
    text = "".join(PLACEHOLDER + DIACRITICS[y] + DIACRITICS[x] for x in range(width))
    return Content.styled(text, Style(foreground=Color(number >> 16, number >> 8 & 255, number & 255)))


class Wall:
    """Which images hang in this terminal. ``write`` reaches it; ``wanted`` says whether they are to be seen at all."""

    def __init__(self, write: Callable[[str], object], wanted: Callable[[], bool], cell: tuple[int, int]) -> None:
        self.cell = cell
        self._write, self._wanted = write, wanted
        self._free = deque(NUMBERS)

    @property
    def ready(self) -> bool:
        return self._wanted()

    def hang(self, rgb: bytes, pixels: tuple[int, int], cells: tuple[int, int]) -> int | None:
        """Send an image; its number, or None where no more can hang.

        The number that was free longest is taken: cells that showed another image then change, and are drawn again.
        """
        if not self._free or max(cells) > len(DIACRITICS):
            return None
        number = self._free.popleft()
        for sequence in send(number, rgb, pixels, cells):
            self._write(sequence)
        return number

    def take_down(self, numbers: Iterable[int]) -> None:
        gone = list(numbers)
        if gone:
            self._write(delete(gone))
            self._free.extend(gone)


def clearing(driver: type[Driver]) -> type[Driver]:
    """A driver that leaves no image behind, however the screens end, and that removes what a killed desk has left."""

    class Clearing(driver):  # type: ignore[misc, valid-type]
        def start_application_mode(self) -> None:
            super().start_application_mode()
            self.write(delete(NUMBERS))

        def stop_application_mode(self) -> None:
            self.write(delete(NUMBERS))
            super().stop_application_mode()

    return Clearing


def open_wall(app: GradatimApp, cell: tuple[int, int]) -> None:
    """Let an app that is about to run hang images, where its settings and colors allow."""

    def wanted() -> bool:
        told = app.settings
        return told.option("pixels") == "auto" and not told.ascii and app.console.color_system == "truecolor"

    app.driver_class = clearing(app.driver_class)
    app.wall = Wall(partial(terminal.write, app), wanted, cell)
