"""Pictures in pixels, before any terminal: what a grader tells of them is checked, laid out in cells, drawn in RGB."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST = 8
"""Plates of one output."""
FINEST, POINTS = 256, 2048
"""A matrix has at most so many rows and columns, a curve so many points; the grader sends no more."""
WIDE, HIGH = 66, 20
"""Cells of a matrix at most."""
CURVE = (60, 10)
"""Cells of curves."""
LETTERS = "abcdefgh"
DASHES = ((1, 1), (9, 13), (4, 7), (15, 19), (2, 5), (6, 8), (20, 26), (3, 11))
"""Of so many pixels, the second, a curve draws the first: curves differ by more than color."""

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Plate:
    """The numbers of a picture as `graders.plates` has them, and which lines of the output they stand for."""

    at: int
    lines: int
    kind: str
    rows: int
    columns: int
    levels: bytes
    low: str
    high: str
    step: int
    names: tuple[str, ...]


def read(told: object, lines: int) -> list[Plate]:
    """The plates that a grader tells of for an output of so many lines; what does not fit is passed over.

    A learner's code ran where this was written: each number and size is checked before memory is taken for it.
    """
    found: list[Plate] = []
    for one in told[:MOST] if isinstance(told, list) else []:
        plate = _plate(one)
        begin = found[-1].at + found[-1].lines if found else 0
        if plate is not None and begin <= plate.at and plate.at + plate.lines <= lines:
            found.append(plate)
    return found


def _plate(told: object) -> Plate | None:
    if not isinstance(told, dict):
        return None
    at, lines, rows, columns, step = (_whole(told.get(name)) for name in ("at", "lines", "rows", "columns", "step"))
    kind, names, packed = told.get("kind"), told.get("names"), told.get("levels")
    most = {"heat": (FINEST, FINEST), "curves": (len(LETTERS), POINTS)}.get(str(kind), (0, 0))
    if not (1 <= rows <= most[0] and 1 <= columns <= most[1] and at >= 0 and 1 <= lines <= 40 and step >= 1):
        return None
    if not isinstance(names, list) or len(names) > len(LETTERS) or not all(_short(n, 60) for n in names):
        return None
    low, high = told.get("low"), told.get("high")
    if not (_short(low, 9) and _short(high, 9)):
        return None
    if not isinstance(packed, str) or len(packed) != (rows * columns + 2) // 3 * 4:
        return None
    try:
        levels = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(levels) != rows * columns:
        return None
    return Plate(at, lines, str(kind), rows, columns, levels, str(low), str(high), step, tuple(map(str, names)))


def _whole(value: Any) -> int:
    return int(value) if type(value) is int and 0 <= value < 1 << 31 else -1


def _short(text: Any, most: int) -> bool:
    return isinstance(text, str) and len(text) <= most and text.isprintable()


# -- in cells ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """How a plate lies among text: ``width`` × ``height`` cells of pixels, words beside each row, lines beneath."""

    width: int
    height: int
    left: list[str]
    right: list[str]
    below: list[str]


def sheet(plate: Plate) -> Sheet:
    return _curves_sheet(plate) if plate.kind == "curves" else _heat_sheet(plate)


def _heat_sheet(plate: Plate) -> Sheet:
    """Numbers are squares where there is room; the last row of cells is the scale."""
    rows, columns = plate.rows, plate.columns
    height = min(HIGH, rows)
    width = max(round(2 * height * columns / rows), min(2 * columns, 24))
    if width > WIDE:
        width, height = WIDE, max(min(rows, 4), min(HIGH, round(WIDE * rows / columns / 2)))
    numbers = [str(-(-row * rows // height) * plate.step) for row in range(height)]  # the first that begins there
    margin = max(len(plate.low), len(numbers[-1]), 3) + 2
    left = [f"{text:>{margin - 2}}  " for text in (*numbers, plate.low)]
    below = []
    if plate.step > 1:
        below.append(f"{'':{margin}}each dot is the mean of {plate.step}×{plate.step} numbers")
    if 0 in plate.levels:
        below.append(f"{'':{margin}}striped: inf or nan")
    return Sheet(width, height + 1, left, [""] * height + [f"  {plate.high}"], below)


def _curves_sheet(plate: Plate) -> Sheet:
    width, height = CURVE
    marks = {0: plate.high, height - 1: plate.low}
    left = [f"{marks.get(row, ''):>8} │" for row in range(height)]
    right = [""] * height
    if plate.rows > 1:
        for letter, row in zip(LETTERS, _series(plate), strict=False):
            last = next((level for level in reversed(row) if level), 0)
            if last:
                right[min(height - 1, (255 - last) * height // 255)] += f" {letter}"
    end = str(plate.columns - 1 if plate.step == 1 else plate.step)
    below = [" " * 9 + "└" + "─" * width, " " * 10 + "0" + end.rjust(width - 1)]
    if plate.rows > 1:
        below.append("        " + "   ".join(map(" ".join, zip(LETTERS, plate.names, strict=False))))
    return Sheet(width, height, left, right, below)


def _series(plate: Plate) -> list[bytes]:
    return [plate.levels[i * plate.columns : (i + 1) * plate.columns] for i in range(plate.rows)]


# -- in pixels --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Palette:
    """Colors of a theme: the ground, the scale from its low end to its high one, and the curves."""

    ground: Color
    scale: tuple[Color, ...]
    lines: tuple[Color, ...]


def draw(plate: Plate, cells: Sheet, palette: Palette, cell: tuple[int, int]) -> tuple[int, int, bytes]:
    """Width, height and RGB bytes of what fills the sheet's cells, each of ``cell`` pixels."""
    width, height = cells.width * cell[0], cells.height * cell[1]
    if plate.kind == "curves":
        return width, height, _draw_curves(plate, width, height, palette)
    return width, height, _draw_heat(plate, width, height, cell[1], palette)


def scale(palette: Palette) -> list[Color]:
    """The color of each level from 0 to 255; the light of one end goes steadily over into the other's."""
    stops = palette.scale
    colors = [palette.ground]
    for level in range(255):
        at = level / 254 * (len(stops) - 1)
        i = min(int(at), len(stops) - 2)
        colors.append(_mix(stops[i], stops[i + 1], at - i))
    return colors


def _mix(one: Color, other: Color, part: float) -> Color:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _draw_heat(plate: Plate, width: int, height: int, foot: int, palette: Palette) -> bytes:
    colors, rows = scale(palette), _series(plate)
    tables = [  # by the stripe: numbers that are none change from one to the next
        [bytes(color[channel] for color in (none, *colors[1:])) for channel in range(3)]
        for none in (palette.ground, palette.scale[-1])
    ]
    columns = [x * plate.columns // width for x in range(width)]
    drawn: dict[tuple[int, int], bytes] = {}
    picture = bytearray()
    for y in range(height - foot):
        row = y * plate.rows // (height - foot)
        stripe = y // 2 % 2 if 0 in rows[row] else 0
        if (row, stripe) not in drawn:
            drawn[row, stripe] = _line(bytes(map(rows[row].__getitem__, columns)), tables[stripe])
        picture += drawn[row, stripe]
    blank = bytes(palette.ground) * width
    ramp = _line(bytes(1 + x * 254 // (width - 1) for x in range(width)), tables[0])
    return bytes(picture) + blank * (foot // 3) + ramp * (foot - foot // 3)


def _line(levels: bytes, tables: Sequence[bytes]) -> bytes:
    line = bytearray(3 * len(levels))
    for channel in range(3):
        line[channel::3] = levels.translate(tables[channel])
    return bytes(line)


def _draw_curves(plate: Plate, width: int, height: int, palette: Palette) -> bytes:
    picture = bytearray(bytes(palette.ground) * (width * height))
    for number, levels in enumerate(_series(plate)):
        color = palette.lines[number % len(palette.lines)]
        on, period = DASHES[number % len(DASHES)]
        for x in range(width):
            reach = _reach(levels, x, width) if x % period < on else None
            if reach is not None:
                top, bottom = ((255 - level) / 254 * (height - 3) + 0.6 for level in reach)
                _upright(picture, x, top, bottom + 1.8, width, height, color)
    return bytes(picture)


def _reach(levels: bytes, x: int, width: int) -> tuple[float, float] | None:
    """The highest and lowest level of a curve within a column of pixels; None where it has none."""
    last = len(levels) - 1
    begin, end = x * last / width, (x + 1) * last / width
    first, beyond = int(begin), min(int(end) + 1, last)
    known = [level for level in levels[first : beyond + 1] if level]
    if not known:
        return None
    if 0 in levels[first : beyond + 1] or end - begin >= 1:
        return max(known), min(known)
    ends = []
    for at in (begin, end):
        i = min(int(at), max(0, last - 1))
        following = levels[min(i + 1, last)]
        ends.append(levels[i] + (following - levels[i]) * (at - i))
    between = levels[first + 1 : int(end) + 1]
    return max(*ends, *between), min(*ends, *between)


def _upright(picture: bytearray, x: int, top: float, bottom: float, width: int, height: int, color: Color) -> None:
    """A line a pixel wide; its ends cover their pixels in part."""
    first, last = max(0, int(top)), min(height - 1, int(bottom))
    for y, part in ((first, min(first + 1, bottom) - top), (last, (bottom - last) * (last > first))):
        at = 3 * (y * width + x)
        old: Color = (picture[at], picture[at + 1], picture[at + 2])
        picture[at : at + 3] = bytes(_mix(old, color, min(1.0, max(0.0, part))))
    between = max(0, last - first - 1)
    for channel in range(3):
        at = 3 * ((first + 1) * width + x) + channel
        picture[at : at + 3 * width * between : 3 * width] = bytes([color[channel]]) * between
