"""A learner's placement test: what it asks next, what is kept of it, and what comes of it."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime

from lessons import Lesson
from tutor import placement
from tutor.course import Course, Entry
from tutor.placement import NODES, Kind, Standing, Step


class Sitting:
    """The placement test that was begun last, or with ``again`` a new one. Every answer is kept at once."""

    def __init__(self, course: Course, again: bool = False) -> None:
        self.course, self.progress = course, course.progress
        earlier = placement.tests(self.progress.placements())
        self.steps: list[Step] = earlier[-1] if earlier and not again else []
        self.id = self.steps[0].test if self.steps else uuid.uuid4().hex
        self._chance = random.Random()

    @property
    def standing(self) -> Standing:
        return placement.play(self.steps)

    @property
    def begun(self) -> bool:
        """Whether it waits to be gone on with."""
        return bool(self.steps) and not self.standing.over

    @property
    def withdrawn(self) -> bool:
        """Whether the learner has taken it back."""
        return any(step.kind == "forget" for step in self.steps)

    def question(self) -> tuple[Lesson, str]:
        """The lesson and the item of its deck that come next; another draw may give another."""
        had = [step.item for step in self.steps if step.kind == "question"]
        lesson_id, _, item = placement.pick(self.standing, had, self._chance).partition(".")
        return next(one for one in self.course.lessons() if one.id == lesson_id), item

    def answered(self, lesson: Lesson, item: str, seed: int, choice: int, right: bool) -> None:
        """Keep an answer, to the quiz of its lesson as well; the choice is -1 for "not sure"."""
        self.progress.answered(lesson.id, item, seed, choice, right)
        self._keep("question", f"{lesson.id}.{item}", right)

    @property
    def task(self) -> Entry | None:
        """The exercise that is to be solved now; None while a question is asked, or when the test is over."""
        standing = self.standing
        return self.course.find(standing.node.task) if standing.node and standing.wants == "task" else None

    def look(self) -> bool:
        """Take the task as solved if it is: passed, and not with the solution shown. Returns whether it was."""
        entry = self.task
        solved = entry is not None and entry.status == "passed"
        if entry is not None and solved:
            self._keep("task", entry.exercise.id, True)
        return solved

    def skip(self) -> None:
        """Go on without the task: its place counts as not passed."""
        if (entry := self.task) is not None:
            self._keep("task", entry.exercise.id, False)

    def forget(self) -> None:
        """Take it back: every lesson is required again. What was answered stays answered."""
        self.steps, self.id = [], uuid.uuid4().hex
        self._keep("forget", "", False)

    def _keep(self, kind: Kind, item: str, right: bool) -> None:
        node = self.standing.node
        step = Step(self.id, datetime.now(UTC), node.name if node else "", kind, item, right)
        self.progress.placed(step.test, step.node, kind, item, right)
        self.steps.append(step)

    # -- in words -----------------------------------------------------------------------------------

    def lessons(self) -> list[Lesson]:
        """The lessons that this test, once it is over, has tested out."""
        ids = [name for node in NODES[: self.standing.passed] for name in node.lessons]
        return [lesson for lesson in self.course.lessons() if lesson.id in ids]

    def slots(self) -> list[Entry]:
        """Exercises of those lessons that fill a part of the learner's GPT-2 and are not done."""
        return [entry for one in self.lessons() for entry in self.course.entries(one) if entry.exercise.slot
                and not entry.done]  # fmt: skip

    def result(self) -> str:
        """What came of it, in paragraphs."""
        coming = self.course.next()
        begin = f"Begin with {coming.lesson.id}, {coming.lesson.title}." if coming else "Nothing is left to begin with."
        if self.withdrawn:
            return f"The placement test is taken back: every lesson is required again. {begin}"
        known = self.lessons()
        if not known:
            return f"{begin} That is what the first lessons are for; read what you know quickly."
        names = "; ".join(node.title for node in NODES[: self.standing.passed])
        parts = [
            begin,
            f"Tested out: {_spans(known)} ({names}). They stay open, and nothing in them is "
            "required. They count as tested out, not as passed; their questions come back in review, the first in "
            "about a week.",
        ]
        if slots := self.slots():
            named = ", ".join(f"{entry.exercise.slot} ({entry.name})" for entry in slots)
            parts.append(f"Parts of your GPT-2 in these lessons, borrowed from ours until you write your own: {named}.")
        return "\n\n".join(parts)


def _spans(lessons: list[Lesson]) -> str:
    """Lessons by their ids, neighbors joined: ``L01 to L23, L26 and L27``."""
    runs: list[list[Lesson]] = []
    for lesson in lessons:
        if runs and runs[-1][-1].number + 1 == lesson.number:
            runs[-1].append(lesson)
        else:
            runs.append([lesson])
    words = [run[0].id if len(run) == 1 else f"{run[0].id} to {run[-1].id}" for run in runs]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
