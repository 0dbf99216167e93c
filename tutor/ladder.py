"""The ladder: ten rungs that a PyTorch programmer climbs, each with what proves that you stand on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lessons import coverage
from tutor.course import Course

TITLES = {
    "R01": "Tensors", "R02": "Autograd", "R03": "Modules and parameters", "R04": "Datasets and loaders",
    "R05": "The training loop", "R06": "Fast: devices, precision, compile", "R07": "Layers",
    "R08": "Attention", "R09": "Hugging Face", "R10": "Profiling and debugging", "min": "The minimum required",
}  # fmt: skip


@dataclass(frozen=True)
class Proof:
    """An exercise, a milestone or a question, by its full name, and whether the learner has it."""

    name: str
    done: bool


@dataclass(frozen=True)
class Line:
    """One line of a rung: what you can do, and what proves it."""

    says: str
    proofs: tuple[Proof, ...]

    @property
    def done(self) -> bool:
        """Whether all of it is proven."""
        return all(proof.done for proof in self.proofs)


@dataclass(frozen=True)
class Rung:
    """A rung, or the list of what is required at least."""

    id: str
    title: str
    lines: tuple[Line, ...]

    @property
    def done(self) -> bool:
        """Whether every line is proven."""
        return all(line.done for line in self.lines)


def rungs(course: Course, milestones: Mapping[str, dict[str, Any]]) -> list[Rung]:
    """The ladder as one learner stands on it; ``milestones`` as `mygpt.standings` gives them."""
    done = {entry.exercise.id: entry.done for entry in course.entries()}
    full = {entry.exercise.id: entry.name for entry in course.entries()}
    right = {(a.lesson, a.item) for a in course.progress.answers() if a.correct}

    def proof(name: str) -> Proof:
        deck, dot, item = name.partition(".")
        if dot:
            lesson = f"L{deck[1:]}"
            return Proof(f"{lesson} question {item}", (lesson, item.replace("-", "_")) in right)
        if name.startswith("cap-"):
            found = milestones.get(name.removeprefix("cap-"), {})
            return Proof(f"capstone {name.removeprefix('cap-')}", bool(found.get("passed")))
        key = name.replace("-", "_")
        return Proof(full.get(key, name), done.get(key, False))

    found: dict[str, list[Line]] = {rung: [] for rung in TITLES}
    for row in coverage.rows():
        rung, _, rest = row.place.partition(" ")
        if row.source != "ladder" or rung not in TITLES or not row.proof:
            continue
        says = f"done when: {row.topic}" if rest == "done when" else row.topic
        found[rung].append(Line(says, tuple(map(proof, row.proof))))
    return [Rung(rung, TITLES[rung], tuple(lines)) for rung, lines in found.items() if lines]
