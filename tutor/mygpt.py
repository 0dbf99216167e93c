"""The learner's own GPT: a folder made of their files, and the six milestones that it is held to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exercises import exercises
from gpt2.slots import SLOTS
from lessons import Lesson
from tutor import paths
from tutor.course import Course
from tutor.processes import module_command
from tutor.workspace import write_atomic

TEMPLATES = paths.ROOT / "gpt2" / "mygpt"


@dataclass(frozen=True)
class Milestone:
    """One of the six: what the learner runs, and what it shows."""

    name: str
    title: str
    module: str  # below mygpt
    says: str
    minutes: int


MILESTONES = (
    Milestone("assemble", "Your pieces, together", "contracts", "Each piece keeps its promise to its neighbors.", 1),
    Milestone("corpus", "Your tokenizer reads", "corpus", "A vocabulary of 512, the corpus in your shards.", 1),
    Milestone("pretrain", "Your model learns", "pretrain", "Four layers, until counting pairs is beaten.", 5),
    Milestone("resume", "Cut off, and gone on", "resume", "Stopped anywhere, it ends as the unbroken run.", 2),
    Milestone("write", "Your model writes", "write", "A sheet of samples, with and without the cache.", 1),
    Milestone("full-size", "The same at 124M", "full_size", "Parameters, groups, FLOPs, bytes and hours.", 1),
)


def milestone(name: str) -> Milestone:
    """The milestone of that name. Raises KeyError with a sentence for the reader."""
    key = name.lower().removeprefix("cap-").replace("_", "-")
    for found in MILESTONES:
        if key == found.name:
            return found
    raise KeyError(f"There is no milestone {name!r}: {', '.join(m.name for m in MILESTONES)}.")


@dataclass(frozen=True)
class Piece:
    """One slot of the GPT, and who fills it."""

    slot: str
    does: str
    exercise: str  # whose text fills it: the last passed one, else the last that could
    source: str | None  # the learner's text; None where the course's own is borrowed

    @property
    def owner(self) -> str:
        """Whose it is, in the word that the parts table uses."""
        return "borrowed" if self.source is None else "yours"


def pieces(course: Course) -> list[Piece]:
    """The parts table: every slot that an exercise fills, in the order of the model."""
    found: dict[str, Piece] = {}
    for entry in course.entries():
        slot = entry.exercise.slot
        if not slot:
            continue
        source = course.passed(entry.exercise.id)
        if source is not None or slot not in found or found[slot].source is None:
            found[slot] = Piece(slot, SLOTS[slot].does, entry.exercise.id, source)
    return [found[slot] for slot in SLOTS if slot in found]


def so_far(course: Course, lesson: Lesson) -> str:
    """Where the learner's GPT stands at the end of a lesson that has parts of it; empty for all others."""
    here = [entry.exercise.slot for entry in course.entries(lesson) if entry.exercise.slot]
    if not here:
        return ""
    table = pieces(course)
    mine = [piece.slot for piece in table if piece.source is not None]
    signs = " · ".join(f"{'★' if slot in mine else '○'} {slot}" for slot in dict.fromkeys(here))
    return f"Your GPT-2, from this lesson: {signs}. In all, {len(mine)} of {len(table)} parts are yours (★)."


def assemble(course: Course, folder: Path) -> list[Piece]:
    """Write the folder: the learner's files unchanged, ours where one is missing, and what joins them.

    What runs and results are there already stay. Raises OSError.
    """
    made = pieces(course)
    package = folder / "mygpt"
    for template in sorted(TEMPLATES.iterdir()):
        if template.suffix == ".py":
            home = folder / "tests" if template.name.startswith("test_") else package
            write_atomic(home / template.name, template.read_text("utf-8"))
    write_atomic(folder / "README.md", (TEMPLATES / "README.md").read_text("utf-8"))
    for piece in made:
        text = piece.source if piece.source is not None else borrowed(piece.exercise)
        write_atomic(package / f"{piece.slot}.py", text)
    mine = [piece.slot for piece in made if piece.source is not None]
    about = f"Yours: {', '.join(mine)}." if mine else "All of it is borrowed so far."
    write_atomic(package / "__init__.py", f'"""A GPT-2 put together from its parts. {about}"""\n')
    write_atomic(package / "owners.json", json.dumps({p.slot: p.owner for p in made}, indent=1) + "\n")
    return made


def borrowed(exercise: str) -> str:
    """The course's own text of a piece, standing on mygpt where it stood on our package."""
    return exercises()[exercise].text("answer.py").replace("from gpt2.model import GPT", "from .gpt import GPT")


def handout(folder: Path) -> list[str] | None:
    """The command line that gives the package its corpus; None where it has one."""
    text = folder / "corpus" / "documents.jsonl"
    return None if text.exists() else module_command("gpt2.handout", str(text))


def command(found: Milestone, *words: str) -> list[str]:
    """The command line of a milestone, to be run in the folder with `environment`."""
    return [sys.executable, "-P", "-m", f"mygpt.{found.module}", *words]


def environment(folder: Path) -> dict[str, str]:
    """An environment in which the folder's own package is found, and this one is not."""
    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"}


def standings(folder: Path) -> Mapping[str, dict[str, Any]]:
    """What each milestone found when it was last run, by name; damaged results count as none."""
    found = {}
    for one in MILESTONES:
        try:
            read = json.loads((folder / "results" / f"{one.name.replace('-', '_')}.json").read_text("utf-8"))
            found[one.name] = {"passed": bool(read["passed"]), **read}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def status(found: Mapping[str, dict[str, Any]], name: str) -> str:
    """One word for a milestone, of what `standings` found: passed, not yet, or new."""
    row = found.get(name)
    return "new" if row is None else "passed" if row["passed"] else "not yet"
