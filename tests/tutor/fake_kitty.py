"""A terminal of a few lines that speaks Kitty's graphics protocol: it keeps cells and images, and refuses bad bytes."""

from __future__ import annotations

import base64
import re
import unicodedata
import zlib
from dataclasses import dataclass

from tutor.widgets.wall import DIACRITICS, PLACEHOLDER

Cell = tuple[str, int | None]
"""A sign with what combines with it, and its color as a number, if it has one of 24 bits."""
TOKEN = re.compile(
    r"\x1b_G(?P<graphics>[^\x1b]*)\x1b\\|\x1b\[(?P<csi>[0-?]*[ -/]*[@-~])|\x1b[\]P][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[@-OQ-Z\\=>78]|\x1b\([A-B0]|(?P<text>[^\x1b])",
    re.DOTALL,
)


@dataclass(frozen=True)
class Image:
    width: int
    height: int
    rgb: bytes
    columns: int
    rows: int

    def pixel(self, x: int, y: int) -> tuple[int, int, int]:
        red, green, blue = self.rgb[3 * (y * self.width + x) :][:3]
        return red, green, blue


class FakeKitty:
    def __init__(self) -> None:
        self.stores: dict[bool, dict[int, Image]] = {False: {}, True: {}}
        self.alternate = False
        self.cells: dict[tuple[int, int], Cell] = {}
        self.answers: list[str] = []
        self.deleted: list[int] = []
        self._at = (0, 0)
        self._color: int | None = None
        self._pending: tuple[dict[str, str], str] | None = None
        self._rest = ""

    @property
    def images(self) -> dict[int, Image]:
        return self.stores[self.alternate]

    def feed(self, text: str) -> None:
        text, end = self._rest + text, 0
        while end < len(text):
            found = TOKEN.match(text, end)
            if found is None:
                again = text.find("\x1b", end + 1)
                if again < 0 or text[again : again + 2] in ("\x1b", "\x1b\\"):
                    break  # the rest is still to come
                end = again  # whoever wrote this was killed
                continue
            end = found.end()
            if found["graphics"] is not None:
                self._graphics(found["graphics"])
            elif found["csi"] is not None:
                self._control(found["csi"])
            elif found["text"] is not None:
                self._sign(found["text"])
        self._rest = text[end:]

    def placed(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        """Cells where an image is to be seen: its number, and which of its rows and columns."""
        found = {}
        for place, (sign, color) in self.cells.items():
            if sign[0] == PLACEHOLDER and len(sign) == 3 and color in self.images:
                y, x = map(DIACRITICS.index, sign[1:])
                found[place] = (color, y, x)
        return found

    # -- what comes in ------------------------------------------------------------------------------

    def _graphics(self, command: str) -> None:
        head, _, payload = command.partition(";")
        keys = dict(pair.split("=") for pair in head.split(","))
        if keys.get("a") == "q":
            self.answers.append(f"\x1b_Gi={keys['i']};OK\x1b\\")
            return
        assert keys.pop("q") == "2", "an answer would be taken for keys"
        if keys.get("a") == "d":
            assert keys["d"] == "I"
            self._pending = None
            self.deleted.append(int(keys["i"]))
            self.images.pop(int(keys["i"]), None)
            return
        more = keys.pop("m")
        assert len(payload) <= 4096 and (more == "0" or len(payload) % 4 == 0)
        if self._pending is None:
            assert keys["a"] == "T" and keys["U"] == "1" and keys["f"] == "24" and keys["o"] == "z"
            self._pending = keys, payload
        else:
            assert not keys, "a chunk after the first has no keys of its own"
            self._pending = self._pending[0], self._pending[1] + payload
        if more == "0":
            keys, data = self._pending
            width, height = int(keys["s"]), int(keys["v"])
            rgb = zlib.decompress(base64.standard_b64decode(data))
            assert len(rgb) == width * height * 3
            self.images[int(keys["i"])] = Image(width, height, rgb, int(keys["c"]), int(keys["r"]))
            self._pending = None

    def _control(self, sequence: str) -> None:
        numbers = [int(n) if n.isdigit() else 0 for n in re.split("[;:]", sequence[:-1])]
        if sequence[-1] == "H":
            self._at = (max(numbers[0], 1) - 1, max(numbers[-1], 1) - 1 if len(numbers) > 1 else 0)
        elif sequence[-1] == "m":
            self._style(numbers)
        elif sequence in ("?1049h", "?1049l"):
            self.alternate = sequence.endswith("h")
            self.cells.clear()  # Kitty would forget the images, too; another terminal may not
        elif sequence == ">q":
            self.answers.append("\x1bP>|kitty(0.42.1)\x1b\\")
        elif sequence == "c":
            self.answers.append("\x1b[?62;c")

    def _style(self, numbers: list[int]) -> None:
        while numbers:
            first = numbers.pop(0)
            if first in (38, 48):
                kind, count = numbers[0], 4 if numbers[0] == 2 else 2
                if first == 38:
                    self._color = int.from_bytes(bytes(numbers[1:4])) if kind == 2 else None
                del numbers[:count]
            elif first in (0, 39) or 30 <= first <= 37 or 90 <= first <= 97:
                self._color = None

    def _sign(self, sign: str) -> None:
        y, x = self._at
        if sign == "\r":
            self._at = (y, 0)
        elif sign == "\n":
            self._at = (y + 1, x)
        elif unicodedata.combining(sign):
            before, color = self.cells[y, x - 1]
            self.cells[y, x - 1] = (before + sign, color)
        elif sign.isprintable() or sign == PLACEHOLDER:
            self.cells[y, x] = (sign, self._color)
            self._at = (y, x + 1)
