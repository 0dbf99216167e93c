"""Where Python code wants its lines to begin: pure functions over text, no widget needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH = 4
OPENING, CLOSING = "([{", ")]}"
LEAVES = ("return", "pass", "break", "continue", "raise")
"""Statements after which nothing more of the same block can run."""


@dataclass
class Place:
    """What surrounds the end of a text."""

    opened: list[tuple[int, int]] = field(default_factory=list)
    """Row and column of each bracket that is still open, the innermost last."""
    string: str = ""
    """The quote that is still open, if the text ends inside a string."""
    comment: bool = False
    last: str = ""
    """The last character of code on the last row, spaces and comments apart."""
    begun: int = 0
    """The row on which the statement of the last row began."""


def place(text: str) -> Place:
    """Read Python text up to its end, minding strings, comments and brackets."""
    here = Place()
    row = column = i = 0
    while i < len(text):
        char = text[i]
        step = 1
        if char == "\n":
            row, column, i = row + 1, 0, i + 1
            here.comment, here.last = False, ""
            if len(here.string) == 1:
                here.string = ""  # a plain string ends with its line, closed or not
            if not here.opened and not here.string:
                here.begun = row
            continue
        if here.comment:
            pass
        elif here.string:
            if char == "\\" and i + 1 < len(text) and text[i + 1] != "\n":
                step = 2
            elif text.startswith(here.string, i):
                step, here.last, here.string = len(here.string), char, ""
        elif char == "#":
            here.comment = True
        elif char in "\"'":
            here.string = char * 3 if text.startswith(char * 3, i) else char
            step = len(here.string)
        elif not char.isspace():
            here.last = char
            if char in OPENING:
                here.opened.append((row, column))
            elif char in CLOSING and here.opened:
                here.opened.pop()
        column, i = column + step, i + step
    return here


def leading(line: str) -> str:
    """The spaces that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def next_indent(lines: Sequence[str], row: int, column: int) -> str:
    """The spaces for a new line that is opened at this place."""
    before = lines[row][:column]
    here = place("\n".join([*lines[:row], before]))
    own = leading(before)
    if len(here.string) == 3:
        return own
    if here.opened:
        return own + " " * WIDTH if here.opened[-1][0] == row else own
    base = leading(lines[here.begun]) if here.begun < row else own
    if here.last == ":":
        return base + " " * WIDTH
    words = lines[here.begun][: column if here.begun == row else None].split(None, 1)
    if words and words[0].rstrip(";") in LEAVES:
        return base[:-WIDTH]
    return base


def indented(lines: Sequence[str]) -> list[str]:
    """The lines one step further to the right; empty ones stay empty."""
    return [" " * WIDTH + line if line.strip() else line for line in lines]


def dedented(lines: Sequence[str]) -> list[str]:
    """The lines one step further to the left, as far as they have spaces to give."""
    return [line[surplus(line) :] for line in lines]


def surplus(line: str) -> int:
    """How many spaces lie before the last stop in a line's indentation."""
    spaces = len(leading(line))
    return 0 if spaces == 0 else (spaces - 1) % WIDTH + 1


def commented(lines: Sequence[str]) -> list[str]:
    """The lines as comments, or, where all of them are comments, as code again."""
    full = [line for line in lines if line.strip()]
    if not full:
        return list(lines)
    if all(line.lstrip().startswith("#") for line in full):
        return [_uncommented(line) for line in lines]
    edge = min(len(leading(line)) for line in full)
    return [f"{line[:edge]}# {line[edge:]}" if line.strip() else line for line in lines]


def _uncommented(line: str) -> str:
    head, mark, rest = line.partition("#")
    return head + rest.removeprefix(" ") if mark else line
