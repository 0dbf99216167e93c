"""The placement test: where to begin, for those who know some of this already."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from lessons import Lesson
from tutor.placement import NODES
from tutor.screens.base import Dialog
from tutor.screens.quiz import Quiz
from tutor.sitting import Sitting
from tutor.widgets.bar import Bar, markup, minutes
from tutor.widgets.prose import flow, inline, prose

ABOUT = """\
For those who know some of this already: nine places along the course, two or three questions at each, and at three
of them a task of a few lines. It takes about 20 minutes, and less where the course is new to you; it ends where
something is not known.

Lessons that it shows to be known are not required of you any more. They stay open, and count as tested out, not as
passed. You can leave with Esc at any time and go on later.
"""


class Placement(Quiz):
    """One placement test, from wherever it was left."""

    HELP = """\
## The placement test

Press the number of your answer, or `{placement.unsure|0}` where you are not sure: a guess that happens to be right
would only skip what you want to learn. Two right answers lead two places on, one of two is decided by a third, none
ends the test. At a task `{placement.task|b}` opens the workbench; when your code has passed, come back here, and
the test goes on. `{placement.skip|s}` goes on without it. Everything is kept at once; {quiz.back|Esc} leaves, and
`{home.place|p}` on the map comes back.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("0", "unsure", "Not sure", id="placement.unsure", tooltip="Say that you do not know"),
        Binding("b", "task", "Open the task", id="placement.task", tooltip="Open the task on the workbench"),
        Binding("s", "skip", "Go on without it", id="placement.skip", tooltip="Its place counts as not passed"),
        Binding("a", "anew", "Take it again", id="placement.again", tooltip="A new test"),
        Binding("f", "forget", "Take it back", id="placement.forget", tooltip="Every lesson is required again"),
    ]
    sitting: Sitting

    def __init__(self, lesson: Lesson) -> None:
        """``lesson`` is any: each question brings its own."""
        super().__init__(lesson)
        self._item = ""
        self._place = ""

    def where(self) -> str:
        return "placement test"

    def heading(self) -> str:
        return "[b]Placement test[/]  [$foreground-muted]where to begin[/]"

    def begin(self) -> None:
        self.sitting = Sitting(self.desk.course)
        if not self.sitting.steps:
            self._say(ABOUT)
        else:
            self._go_on()

    def on_screen_resume(self) -> None:
        if hasattr(self, "sitting") and self.sitting.task is not None:
            self._go_on()

    # -- what stands here now -----------------------------------------------------------------------

    def _go_on(self) -> None:
        """The next question, the task, or the result."""
        self.chosen = None
        while self.sitting.look():
            self.notify("The task is solved.", timeout=3)
        if self.sitting.standing.over:
            self._say(self.sitting.result())
        elif self.sitting.task is not None:
            self._tell_task()
        else:
            self._draw_question()

    def _say(self, words: str) -> None:
        self._clear("")
        self.query_one("#quiz-text", Static).update(prose(words))
        self._placed()

    def _tell_task(self) -> None:
        entry = self.sitting.task
        assert entry is not None
        exercise = entry.exercise
        self._clear("")
        title = f"[b $text-primary]✎  {markup(exercise.title)}[/]   [$foreground-muted]{entry.name}[/]"
        ways = (
            "[$text-accent]b[/] opens it on the workbench. When it has passed, the test goes on; hints are fine, with "
            f"the solution shown it does not count. If it takes more than {minutes(exercise.minutes)}, it is worth "
            "doing in its lesson: [$text-accent]s[/] goes on without it."
        )
        self.query_one("#quiz-text", Static).update(
            Content.from_markup(f"A task.\n\n{title}\n\n{inline(flow(exercise.task))}\n\n{ways}")
        )
        self._placed()

    def _placed(self) -> None:
        self._place = self._where()
        self.query_one(Bar).right = f"[$foreground-muted]{self._place}[/]"
        self.refresh_bindings()

    def place(self) -> str:
        return self._place

    def _where(self) -> str:
        standing = self.sitting.standing
        if standing.node is None:
            return "" if self.sitting.withdrawn else f"{standing.passed} of {len(NODES)} places passed"
        return f"place {standing.at} of {len(NODES)} · {markup(standing.node.title)}"

    # -- asking -------------------------------------------------------------------------------------

    async def _ask(self, grader: Any) -> dict[str, Any]:
        self._place = self._where()
        self.lesson, self._item = self.sitting.question()
        self._seed = secrets.randbelow(2**31)
        question: dict[str, Any] = await grader.quiz(self.lesson.deck, self._item, self._seed)
        return question

    def answered(self, item: str, good: bool) -> None:
        assert self.chosen is not None
        self.sitting.answered(self.lesson, self._item, self._seed, self.chosen, good)

    def closing(self) -> str:
        return ""

    def action_unsure(self) -> None:
        if self.question is not None and self.chosen is None:
            self._take(self.question, -1)

    def action_begin(self) -> None:
        self._go_on()

    def action_onward(self) -> None:
        self._go_on()

    def action_proceed(self) -> None:
        self._go_on()

    def action_finish(self) -> None:
        self._go_on()

    # -- task and result ----------------------------------------------------------------------------

    def action_task(self) -> None:
        if (entry := self.sitting.task) is not None:
            self.desk.go(self.desk.going.open_exercise, entry)

    def action_skip(self) -> None:
        self.sitting.skip()
        self._go_on()

    def action_anew(self) -> None:
        self.sitting = Sitting(self.desk.course, again=True)
        self._go_on()

    @work(exit_on_error=False, group="ask")
    async def action_forget(self) -> None:
        answer = await self.app.push_screen_wait(
            Dialog(
                "Take the result back?",
                "Every lesson is required again. What you have answered and passed stays.",
                [("t", "take it back"), ("n", "no")],
            )
        )
        if answer == "t":
            self.sitting.forget()
            self._go_on()

    def step(self) -> str:
        if not hasattr(self, "sitting"):
            return ""
        if self.question is None and not self.failed:
            return "leave" if self.sitting.standing.over else "" if self.sitting.steps else "begin"
        if self.chosen is None:
            return super().step()
        return {None: "finish", "task": "proceed"}.get(self.sitting.standing.wants, "onward")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("task", "skip", "anew", "forget"):
            if self.question is not None or not hasattr(self, "sitting"):
                return False
            over = bool(self.sitting.steps) and self.sitting.standing.over
            if action == "forget":
                return over and self.sitting.standing.passed > 0
            return over if action == "anew" else self.sitting.task is not None
        if action == "unsure":
            return self.question is not None and self.chosen is None
        return super().check_action(action, parameters)
