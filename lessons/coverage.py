"""What the course promises to cover: each topic of the sources it was planned from, and what proves it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import lessons

TABLE = lessons.ROOT / "coverage.tsv"


@dataclass(frozen=True)
class Row:
    """One topic."""

    source: str
    """``roadmap``, ``handbook``, ``ladder``, ``zero-to-hero`` or ``gpt2-notes``."""
    place: str
    """Where in the source it stands."""
    topic: str
    lessons: tuple[str, ...]
    """Ids such as ``L03``; ``CAP`` is the capstone."""
    proof: tuple[str, ...]
    """Exercises by name, milestones as ``cap-pretrain``, questions as ``q03.align-right``; empty for what is read."""
    read: str
    """Where it is told, if nothing proves it."""

    @property
    def name(self) -> str:
        return f"{self.source}: {self.place}: {self.topic}"


def rows() -> tuple[Row, ...]:
    """All rows, in the order of the sources."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        table = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(table)
        return tuple(Row(a, b, c, tuple(d.split()), tuple(e.split()), f) for a, b, c, d, e, f in table)


def missing(row: Row, exercises: set[str]) -> list[str]:
    """What the row names and the course does not have yet: lessons, exercises (and milestones), questions."""
    have = {lesson.id: lesson for lesson in lessons.lessons()}
    decks = {f"q{lesson.number:02}": lessons.ROOT / "quiz" / f"{lesson.deck}.py" for lesson in have.values()}
    lost = [name for name in row.lessons if name not in have and name != "CAP"]
    for name in row.proof:
        deck, dot, item = name.partition(".")
        if dot:
            if f"def {item.replace('-', '_').replace('.', '_')}(" not in _text(decks.get(deck)):
                lost.append(name)
        elif name.replace("-", "_") not in exercises:
            lost.append(name)
    return lost


def _text(path: Path | None) -> str:
    return path.read_text(encoding="utf-8") if path is not None and path.exists() else ""
