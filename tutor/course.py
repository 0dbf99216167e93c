"""Lessons, exercises and progress as one path: what there is, what is done, what comes next."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime

import lessons as content
from exercises import Exercise, exercises
from gpt2.slots import SLOTS
from lessons import Lesson
from tutor.placement import tested_out
from tutor.progress import Progress, Standing

DONE: tuple[Standing, ...] = ("passed", "assisted")


@dataclass(frozen=True)
class Entry:
    """One exercise in its place on the path."""

    exercise: Exercise
    lesson: Lesson
    status: Standing
    stale: bool = False
    """It was passed, and what it asks has changed since."""
    tested: bool = False
    """Its lesson was tested out: it is open, and not required."""
    mastered: bool = False
    """It was passed unaided, and built again or its known mistakes told apart."""

    @property
    def name(self) -> str:
        """The full name, such as ``L03/stable-softmax``."""
        return f"{self.lesson.id}/{self.exercise.name}"

    @property
    def done(self) -> bool:
        return self.status in DONE

    @property
    def locked(self) -> bool:
        """Whether it is still to be done and this machine lacks what it needs."""
        return not self.done and bool(self.exercise.locked)

    @property
    def shown(self) -> str:
        """The word that a learner reads: ``locked``, ``changed``, ``mastered``, ``open`` say more than the status."""
        if self.locked:
            return "locked"
        if self.mastered and not self.stale:
            return "mastered"
        return "changed" if self.stale else "open" if self.tested and self.status == "new" else self.status

    @property
    def required(self) -> bool:
        """Whether the path still asks for it on this machine."""
        return not (self.done or self.tested or self.locked)


class Course:
    """The path through the lessons, for one learner."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def lessons(self) -> tuple[Lesson, ...]:
        return content.lessons()

    def tested_out(self) -> dict[str, datetime]:
        """Ids of the lessons that a placement test has shown to be known, and since when."""
        return tested_out(self.progress.placements())

    def entry(
        self, exercise: Exercise, lesson: Lesson, tested: Container[str] | None = None, hashed: bool = True
    ) -> Entry:
        """``tested`` are the lessons tested out, where the caller knows them; ``hashed`` as in `entries`."""
        status = self.progress.status(exercise.id)
        # Hashing an exercise is only worth it where there is a pass to compare with.
        stale = hashed and status in DONE and self.progress.stale(exercise.id, exercise.content_hash)
        known = lesson.id in (self.tested_out() if tested is None else tested)
        mastered = status == "passed" and self.progress.mastered(exercise.id)
        return Entry(exercise, lesson, status, stale, known, mastered)

    def entries(self, lesson: Lesson | None = None, hashed: bool = True) -> list[Entry]:
        """The exercises of a lesson, or of the whole course, in the order in which lessons name them.

        Without ``hashed`` none counts as changed: to know, four files of each that was passed are read.
        """
        known = exercises()
        chosen, tested = self.lessons() if lesson is None else (lesson,), self.tested_out()
        tried = self.progress.tried()  # one question instead of one for each exercise
        return [
            self.entry(known[name], one, tested, hashed)
            if name in tried
            else Entry(known[name], one, "new", tested=one.id in tested)
            for one in chosen
            for name in one.exercises
            if name in known
        ]

    def next(self) -> Entry | None:
        """The first exercise on the path that is required, can be done here and is not done; None when all are."""
        known, tested = exercises(), self.tested_out()
        for lesson in self.lessons():
            for name in lesson.exercises if lesson.id not in tested else ():
                if name in known and self.progress.status(name) not in DONE and not known[name].locked:
                    return self.entry(known[name], lesson, tested)
        return None

    def find(self, name: str) -> Entry:
        """The entry called so: bare, or with its lesson or topic in front, with ``-`` or ``_``.

        Raises KeyError whose message is one sentence and names the nearest ones.
        """
        front, _, bare = name.strip().rpartition("/")
        key = bare.lower().replace("-", "_").removesuffix(".py")
        places = {name: one for one in self.lessons() for name in one.exercises if name in exercises()}
        if key in places:
            entry = self.entry(exercises()[key], places[key])
            if not front or self._fits(front, entry):
                return entry
            raise KeyError(f"There is no {name!r}: {entry.exercise.name} belongs to {entry.lesson.id}.")
        if key in exercises():
            exercise = exercises()[key]
            raise KeyError(
                f"No lesson asks for {exercise.name} yet: add the line [Exercise: {exercise.title}]"
                f"(exercise:{exercise.name}) to a page of its lesson."
            )
        near = difflib.get_close_matches(key, places, n=3, cutoff=0.4)
        meant = ", ".join(f"{places[n].id}/{n.replace('_', '-')}" for n in near)
        hint = f"Did you mean {meant}?" if near else "`gradatim list` shows them all."
        raise KeyError(f"There is no exercise called {name!r}. {hint}")

    def quiz_items(self, lesson: Lesson) -> list[str]:
        """Names of the questions in the lesson's deck, read without running it; empty without one."""
        path = content.ROOT / "quiz" / f"{lesson.deck}.py"
        if not path.exists():
            return []
        body = ast.parse(path.read_text(encoding="utf-8")).body
        return [n.name for n in body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]

    def _fits(self, front: str, entry: Entry) -> bool:
        if front.lower().replace("-", "_") == entry.exercise.topic:
            return True
        try:
            return content.lesson(front).id == entry.lesson.id
        except KeyError:
            return False

    def parts(self) -> dict[str, str]:
        """The learner's own pieces that a run can be built from, by slot: the last passed of the last exercise."""
        found: dict[str, str] = {}
        for entry in self.entries():
            slot = entry.exercise.slot  # asked first: reading all attempts of all exercises would be for nothing
            if slot and SLOTS[slot].trains and (source := self.passed(entry.exercise.id)) is not None:
                found[slot] = source
        return found

    def passed(self, exercise_id: str) -> str | None:
        """The learner's text of an exercise that passed last; None as long as none has."""
        return next((a.source for a in reversed(self.progress.attempts(exercise_id)) if a.passed), None)

    def minutes_left(self) -> int:
        """Minutes of exercises that are required and not done yet, as their authors guess them."""
        return minutes_left(self.entries(hashed=False))

    def totals(self) -> tuple[int, int]:
        """How many exercises are done, and how many there are to do on this machine."""
        return totals(self.entries(hashed=False))


def minutes_left(entries: Iterable[Entry]) -> int:
    """As `Course.minutes_left`, of entries that are known already."""
    return sum(entry.exercise.minutes for entry in entries if entry.required)


def totals(entries: Iterable[Entry]) -> tuple[int, int]:
    """As `Course.totals`, of entries that are known already."""
    here = [entry.done for entry in entries if not entry.locked]
    return sum(here), len(here)
