"""The quiz: a few questions with fresh numbers, answered with one key each."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.highlight import highlight
from textual.widgets import Static

from lessons import Lesson
from tutor.screens.base import Page
from tutor.widgets.bar import Bar, markup
from tutor.widgets.fence import CodeColors
from tutor.widgets.keys import Keys
from tutor.widgets.prose import flow, inline

ROUND = 3
"""Questions of one round; another follows if the learner wants it."""
STEPS = {
    "begin": "Begin",
    "onward": "Next question",
    "proceed": "Go on",
    "again": "Another round",
    "finish": "How it went",
    "leave": "Done",
}
"""What Enter can do, one at a time."""
TRIES = 6
"""Draws until an item that this round has not had; a small deck repeats in the end."""


class Quiz(Page):
    """One round of questions after another."""

    HELP = """\
## The quiz

Press the number of your answer. Then you see why; {quiz.next|Enter (or `n`)} brings the next question. Every question
is drawn with fresh numbers, and its answer is computed by running its code. {quiz.back|Esc} goes back.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(n), f"choose({n})", f"Answer {n}", show=False, id=f"quiz.{n}") for n in range(1, 7)),
        *(Binding("enter,n,space", step, words, id="quiz.next") for step, words in STEPS.items()),
        Binding("escape", "back", "Back", id="quiz.back"),
        Binding("question_mark", "app.help", "Help", show=False, id="quiz.help", tooltip="What can be done here"),
    ]

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(classes="quiz")
        self.lesson = lesson
        self.question: dict[str, Any] | None = None
        self.chosen: int | None = None
        self.asked = 0
        self.right = 0
        self.length = ROUND
        self.failed = False
        """Whether the last question could not be drawn."""
        self._seen: set[str] = set()
        self._seed = 0

    def where(self) -> str:
        return f"quiz · {self.lesson.title}"

    def heading(self) -> str:
        return f"[$foreground-muted]{self.lesson.id}[/]  [b]Quiz[/]  {markup(self.lesson.title)}"

    def compose(self) -> ComposeResult:
        yield Bar(self.heading())
        with VerticalScroll(id="quiz"):
            yield Static(id="quiz-text")
            yield Static(id="quiz-code")
            yield Static(id="quiz-choices")
            yield Static(id="quiz-why")
        yield Keys()

    def on_mount(self) -> None:
        self.query_one("#quiz").focus()
        self.begin()

    def begin(self) -> None:
        """What stands here first."""
        self._draw_question()

    @work(exclusive=True, exit_on_error=False)
    async def _draw_question(self) -> None:
        ready, self.failed = self.desk.grader.state == "ready", False
        self._clear("drawing a question…" if ready else "Warming up torch… (once, about three seconds)")
        try:
            question = await self.draw()
        except Exception as error:
            self.failed = True
            self._clear(f"No question could be drawn: {error}")
            self.refresh_bindings()
            return
        self._seen.add(question["id"])
        self.question, self.chosen = question, None
        self.asked += 1
        self.show()

    async def draw(self) -> dict[str, Any]:
        """The next question."""
        return await self._ask(await self.desk.grader())

    async def _ask(self, grader: Any) -> dict[str, Any]:
        """Draw what comes next: any question of the deck that this round has not had."""
        question: dict[str, Any] = {}
        for _ in range(TRIES):
            self._seed = secrets.randbelow(2**31)
            question = await grader.quiz(self.lesson.deck, None, self._seed)
            if question["id"] not in self._seen:
                break
        return question

    def _clear(self, words: str) -> None:
        self.question = None
        self.query_one("#quiz-text", Static).update(Content.from_markup(f"[$foreground-muted]{markup(words)}[/]"))
        for name in ("code", "choices", "why"):
            self.query_one(f"#quiz-{name}").display = False

    def show(self) -> None:
        """Draw the question, and after the answer what was right and why."""
        question = self.question
        if question is None:
            return
        self.query_one(Bar).right = f"[$foreground-muted]{self.place()}[/]"
        self.query_one("#quiz-text", Static).update(Content.from_markup(inline(flow(question["text"]))))
        code = self.query_one("#quiz-code", Static)
        code.display = bool(question.get("code"))
        code.update(highlight(question.get("code") or "", language="python", theme=CodeColors))
        choices = self.query_one("#quiz-choices", Static)
        choices.display = True
        choices.update(Content.from_markup("\n".join(self._choice(i, c) for i, c in enumerate(question["choices"]))))
        why = self.query_one("#quiz-why", Static)
        why.display = self.chosen is not None
        if self.chosen is not None:
            good = self.chosen == question["correct"]
            verdict = "[b $success]✓ Right.[/]" if good else "[b $error]✗ Not so.[/]"
            if self.chosen < 0:
                verdict = "So it is."
            text = (
                f"{verdict}  [b]{inline(question.get('headline') or '')}[/]\n{inline(flow(question.get('why') or ''))}"
            )
            if closing := self.closing():
                text += f"\n\n[$foreground-muted]{closing}[/]"
            why.update(Content.from_markup(text))
            # A long question may have pushed it out of sight.
            self.call_after_refresh(why.scroll_visible, animate=False)
        self.refresh_bindings()

    def place(self) -> str:
        """Where in the round this question stands."""
        answered = self.asked if self.chosen is not None else self.asked - 1
        score = f"{self.right} of {answered} right · " if answered else ""
        return f"{score}question {(self.asked - 1) % self.length + 1} of {self.length}"

    def closing(self) -> str:
        """What is said below the answer to a round's last question."""
        return f"That was a round: {self.right} of {self.asked} right so far." if self.last else ""

    @property
    def last(self) -> bool:
        """Whether this question is the last of a round."""
        return self.asked % self.length == 0

    def _choice(self, index: int, words: str) -> str:
        assert self.question is not None
        text = inline(words)
        if self.chosen is None:
            return f"[b $text-accent]{index + 1}[/]  {text}"
        if index == self.question["correct"]:
            return f"[b $success]✓  {text}[/]"
        if index == self.chosen:
            return f"[$error]✗  {text}[/]"
        return f"[$foreground-muted]{index + 1}  {text}[/]"

    def action_choose(self, number: int) -> None:
        question = self.question
        if question is None or self.chosen is not None or not 1 <= number <= len(question["choices"]):
            return
        self._take(question, number - 1)

    def _take(self, question: dict[str, Any], choice: int) -> None:
        self.chosen = choice
        good = self.chosen == question["correct"]
        self.right += good
        self.answered(str(question["id"]).rsplit(".", 1)[-1].replace("-", "_"), good)
        self.show()

    def answered(self, item: str, good: bool) -> None:
        """Keep the answer."""
        assert self.chosen is not None
        self.desk.progress.answered(self.lesson.id, item, self._seed, self.chosen, good)

    def action_onward(self) -> None:
        self._draw_question()

    def action_again(self) -> None:
        self._seen.clear()
        self._draw_question()

    def action_leave(self) -> None:
        self.action_back()

    def step(self) -> str:
        """Which of STEPS Enter does now; empty while an answer is awaited."""
        if self.chosen is None:
            return "onward" if self.failed else ""
        return "again" if self.last else "onward"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action == self.step() if action in STEPS else True
