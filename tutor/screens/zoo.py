"""Known mistakes of an exercise that has passed: which check stops each? One after the other, like a quiz."""

from __future__ import annotations

import random
from typing import Any

from textual.content import Content
from textual.widgets import Static

from graders.report import Check
from tutor import zoo
from tutor.course import Entry
from tutor.screens.quiz import Quiz
from tutor.widgets.bar import markup
from tutor.widgets.prose import flow, inline
from tutor.widgets.signs import standing


class Zoo(Quiz):
    """A round over all of them."""

    HELP = """\
## Known mistakes

Each is the answer with one thing done wrong, as learners really write it: lines with `-` went, lines with `+` came.
Press the number of the check that stops it first; then you read what somebody is told who writes this. At the end
stand all of them. Nothing of this is a test; but who names the right check for each has mastered the exercise.
{quiz.back|Esc} goes back.
"""

    def __init__(self, entry: Entry, animals: list[zoo.Animal], checks: list[Check]) -> None:
        """``animals`` are not empty."""
        super().__init__(entry.lesson)
        self.entry, self.animals, self.checks = entry, animals, checks
        self.length = len(self.animals)
        self.over = False
        self._chance = random.Random()

    def where(self) -> str:
        return f"known mistakes · {self.entry.exercise.title}"

    def heading(self) -> str:
        return (
            f"[$foreground-muted]{self.entry.lesson.id}[/]  [b]{markup(self.entry.exercise.title)}[/]  known mistakes"
        )

    async def draw(self) -> dict[str, Any]:
        return zoo.question(self.animals[self.asked], self.checks, self._chance)

    def answered(self, item: str, good: bool) -> None:
        """No single answer is kept: this is no test."""

    def closing(self) -> str:
        return ""

    def action_finish(self) -> None:
        self.over = True
        self._clear("")
        head = f"[b]{self.right} of {self.asked} right.[/]  What stops each:"
        if self.right == len(self.animals):
            self.desk.progress.zoo_solved(self.entry.exercise.id)
            if self.desk.progress.mastered(self.entry.exercise.id):
                head = f"{standing('mastered')}  {head}"
        rows = [
            f"[b $text-accent]{markup(one.name)}[/]  [$foreground-muted]stopped by[/] {markup(one.check)}\n"
            f"    {inline(flow(one.says))}"
            for one in self.animals
        ]
        self.query_one("#quiz-text", Static).update(Content.from_markup("\n\n".join([head, *rows])))
        self.query_one("#quiz").scroll_home(animate=False)
        self.refresh_bindings()

    def step(self) -> str:
        step = super().step()
        return "leave" if self.over else "finish" if step == "again" else step
