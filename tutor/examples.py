"""The learner's own examples, written before coding: their file, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any

from exercises import Exercise
from tutor.workspace import Workspace

WIDTH = 70
"""Columns of the comments in a file of examples: an editor on a narrow terminal shows them whole."""


class Examples(Workspace):
    """Files of examples, each beside its exercise's own: ``home/<topic>/<id>_examples.py``."""

    def file(self, exercise: Exercise) -> Path:
        return super().file(exercise).with_name(f"{exercise.id}_examples.py")

    def begun(self, exercise: Exercise) -> bool:
        """Whether there is more in it than what was given out."""
        try:
            return self.read(exercise) != beginning(exercise)
        except (OSError, ValueError):
            return False


def beginning(exercise: Exercise) -> str:
    """What a file of examples begins with."""
    about = (
        f"F2 judges them on the screens, gradatim try {exercise.name} elsewhere. These names are here already: "
        f"{', '.join(exercise.entry)}, torch, and close(a, b), which says whether two tensors agree in shape and, up "
        "to rounding, in value.",
        "Each assert is an example. Two are enough: the smallest case that you can work out on paper, and one that is "
        "easily got wrong. They are held against the reference (are they true?) and against wrong versions that "
        "learners really write (what would they catch?).",
    )
    comments = "\n#\n".join(fill(words, WIDTH, initial_indent="# ", subsequent_indent="# ") for words in about)
    title = f'"""Examples of {exercise.name}: what any right answer does."""'
    return f"{title}\n\n{comments}\n\n# TODO: assert close({exercise.entry[0]}(…), …)\n"


def rows(found: Mapping[str, Any]) -> list[tuple[str, int, str, str]]:
    """Sign, line, the example, and what is to be said of it; in the order of the file."""
    many = len(found["wrong"])
    told = []
    for one in found["examples"]:
        says = f"true; it would catch {len(one['catches'])} of {many} wrong versions"
        told.append(
            ("✓" if one["true"] else "✗", one["line"], one["text"], says if one["true"] else f"not so: {one['says']}")
        )
    return told


def summary(found: Mapping[str, Any]) -> str:
    """The whole in a few sentences; which wrong versions there are is not told before one has passed."""
    examples, many = found["examples"], len(found["wrong"])
    if found["trouble"]:
        return f"Your examples could not be run to their end: {found['trouble']}."
    if not examples:
        return "There is no example yet: an example is an assert."
    false = sum(not one["true"] for one in examples)
    if false:
        which = "One of them is not so." if false == 1 else f"{false} of them are not so."
        return f"{which} What does the task ask for there? The reference is right; better to find out now."
    caught = len({name for one in examples for name in one["catches"]})
    words = "It is true" if len(examples) == 1 else f"All {len(examples)} are true"
    together = f"{words}, and would catch {caught} of {many} wrong versions that learners really write."
    if not many or caught == many:
        return together
    return f"{together} Which input would tell the others apart from a right answer?"


def wanted(choice: str, exercise: Exercise) -> bool:
    """Whether examples come first here, as the setting ``examples-first`` says."""
    return exercise.kind != "predict" and (choice == "all" or (choice == "tier-b" and exercise.tier == "B"))
