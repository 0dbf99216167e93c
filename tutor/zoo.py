"""The wrong versions that learners really write, and the check that stops each: shown once an exercise has passed."""

from __future__ import annotations

import difflib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from exercises import Exercise
from graders.report import Check

CHOICES = 5
"""Checks that are offered at most, the right one among them."""
LINES = 22
"""Lines of a difference that are shown."""


@dataclass(frozen=True)
class Animal:
    """One known mistake."""

    name: str
    says: str
    """What a learner is told who makes it."""
    difference: str
    """What it changes in the answer: lines with ``-`` and ``+`` in front, and their neighbors."""
    check: str
    """Title of the check that it fails at."""


def animals(exercise: Exercise, checks: Sequence[Check]) -> list[Animal]:
    """All of them, in written order. ``checks`` are those of a verdict over this exercise: they have the titles."""
    answer = exercise.text("answer.py")
    titles = {check.name: check.title for check in checks}
    return [
        Animal(mistake.name, mistake.says, difference(answer, mistake.source(answer)), titles[mistake.check])
        for mistake in exercise.mistakes
        if mistake.check in titles
    ]


def difference(answer: str, wrong: str) -> str:
    """What to change in the answer to get the wrong version."""
    lines = difflib.unified_diff(answer.splitlines(), wrong.splitlines(), lineterm="", n=1)
    shown = [line if not line.startswith("@@") else "…" for line in lines][2:]
    shown = shown[1:] if shown[:1] == ["…"] else shown
    return "\n".join(shown if len(shown) <= LINES else [*shown[: LINES - 1], "…"])


def question(animal: Animal, checks: Sequence[Check], chance: random.Random) -> dict[str, object]:
    """Which check stops it? In the form of a quiz question."""
    titles = [check.title for check in checks if check.name != "runs"]
    others = [title for title in dict.fromkeys(titles) if title != animal.check]
    chosen = {animal.check, *chance.sample(others, min(CHOICES - 1, len(others)))}
    choices = [title for title in dict.fromkeys(titles) if title in chosen]
    return {
        "id": animal.name,
        "text": "Learners really write this. Which check stops it first?",
        "code": animal.difference,
        "choices": choices,
        "correct": choices.index(animal.check),
        "headline": animal.name,
        "why": animal.says,
    }
