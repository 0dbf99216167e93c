"""Names that fit what is being typed: the file's, Python's own, and torch's from a prepared list; nothing is run."""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from functools import cache
from pathlib import Path

from tutor.widgets.indent import place

PREPARED = Path(__file__).with_name("names.txt")
"""One module a line, ``torch.nn: AdaptiveAvgPool1d …``; a test holds it against the installed torch, and writes it."""
SHORT = 2
"""Letters of a name that must be there before others are offered."""
MOST = 20

_BEFORE = re.compile(r"((?:[A-Za-z_]\w*\.)*)([A-Za-z_]\w*)?$")
_WORD = re.compile(r"\b[A-Za-z_]\w*\b")
_IMPORT = re.compile(r"^\s*import\s+([\w.]+)(?:\s+as\s+(\w+))?\s*(?:#.*)?$", re.MULTILINE)
_FROM = re.compile(r"^\s*from\s+([\w.]+)\s+import\s+([\w, ]+?)\s*(?:#.*)?$", re.MULTILINE)


@cache
def prepared() -> dict[str, tuple[str, ...]]:
    """The names in each module, and those of a tensor under ``torch.Tensor``."""
    lines = PREPARED.read_text(encoding="utf-8").splitlines()
    return {module: tuple(names.split()) for module, _, names in (line.partition(": ") for line in lines)}


def completions(text: str, row: int, column: int) -> tuple[str, list[str]]:
    """What stands before this place, and the names that it could become, the likeliest first.

    Empty inside of names, strings and comments, and where too little has been typed to tell.
    """
    lines = text.split("\n")
    before = lines[row][:column]
    found = _BEFORE.search(before)
    assert found is not None
    base, begun = found[1].rstrip("."), found[2] or ""
    inside = re.match(r"\w", lines[row][column:])
    if inside or (not base and len(begun) < SHORT) or before[: found.start()].endswith("."):
        return begun, []
    here = place("\n".join([*lines[:row], before]))
    if here.comment or here.string:
        return begun, []
    names = _members(text, base) if base else _loose(text, begun)
    hidden = not begun.startswith("_")
    fits = [name for name in names if name.startswith(begun) and name != begun and not (hidden and name[0] == "_")]
    return begun, list(dict.fromkeys(fits))[:MOST]


def _members(text: str, base: str) -> list[str]:
    """Names behind a dot: a module's, an object's own as the file uses them, a tensor's for all others."""
    head, dot, rest = base.partition(".")
    module = imports(text).get(head, head) + dot + rest
    used = _counted(re.findall(rf"(?<![\w.]){re.escape(base)}\.([A-Za-z_]\w*)", text))
    if module in prepared():
        inner = [name.removeprefix(f"{module}.") for name in prepared() if name.startswith(f"{module}.")]
        return [*used, *sorted([*prepared()[module], *(name for name in inner if "." not in name)], key=len)]
    if head == "self" or module != base:
        return used
    return [*used, *sorted(prepared()["torch.Tensor"], key=len)]


def _loose(text: str, begun: str) -> list[str]:
    """Names without a dot: those of the file, the most frequent first, then Python's own."""
    words = Counter(_WORD.findall(text))
    words[begun] -= 1  # what is being typed is no name yet
    mine = [name for name, count in words.most_common() if count > 0]
    return [*mine, *keyword.kwlist, *(name for name in dir(builtins) if name[0] != "_")]


def _counted(names: list[str]) -> list[str]:
    return [name for name, _ in Counter(names).most_common()]


def imports(text: str) -> dict[str, str]:
    """What the names of imported modules stand for: ``F`` for ``torch.nn.functional``."""
    found: dict[str, str] = {}
    for module, alias in _IMPORT.findall(text):
        found[alias or module.partition(".")[0]] = module if alias else module.partition(".")[0]
    for module, names in _FROM.findall(text):
        for name in names.split(","):
            inner, _, alias = name.strip().partition(" as ")
            if inner:
                found[alias.strip() or inner] = f"{module}.{inner}"
    return found
