"""The daily round: questions that are due again, then what is to be written once more."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from tutor.review import Card
from tutor.screens.quiz import Quiz
from tutor.widgets.bar import markup


class Review(Quiz):
    """One round over several lessons."""

    HELP = """\
## The daily round

What you have answered or passed comes back when you are about to forget it: about eight questions with fresh
numbers, then at most two exercises to write once more from the empty stub. `{review.rebuild|b}` opens the first of
them; `{panel.reset|r}` in its panel empties it, and your text stays in the history. {quiz.back|Esc} goes back; what
you have answered counts.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "rebuild", "Build again", id="review.rebuild", tooltip="Open the exercise that is due"),
    ]

    def __init__(self, cards: list[Card]) -> None:
        super().__init__(cards[0].lesson)
        self.cards = [card for card in cards if card.kind == "question"]
        self.rebuilds = [card for card in cards if card.kind == "rebuild"]
        self.length = len(self.cards)
        self.over = False

    def where(self) -> str:
        return "review"

    def heading(self) -> str:
        return "[b]Review[/]  [$foreground-muted]what is due again[/]"

    def begin(self) -> None:
        if self.cards:
            self._draw_question()
        else:
            self._end()

    async def _ask(self, grader: Any) -> dict[str, Any]:
        card = self.cards[self.asked]
        self.lesson, self._seed = card.lesson, secrets.randbelow(2**31)
        question: dict[str, Any] = await grader.quiz(card.lesson.deck, card.name, self._seed)
        return question

    def closing(self) -> str:
        return ""

    def action_finish(self) -> None:
        self._end()

    def _end(self) -> None:
        """Say how it went, and what is to be built again."""
        self.over = True
        words = f"[b]That was the round.[/]  {self.right} of {self.asked} right." if self.asked else ""
        if self.right < self.asked:
            words += " What you missed comes back tomorrow."
        if self.rebuilds:
            titles = [self.desk.course.find(card.name).exercise.title for card in self.rebuilds]
            listed = "\n".join(f"  [$text-accent]{'b' if not n else ' '}[/]  {markup(t)}" for n, t in enumerate(titles))
            words += f"\n\nTo write once more, from the empty stub:\n\n{listed}"
        self._clear("")
        self.query_one("#quiz-text", Static).update(Content.from_markup(words.strip()))
        self.refresh_bindings()

    def action_rebuild(self) -> None:
        self.desk.go(self.desk.going.open_exercise, self.desk.course.find(self.rebuilds[0].name))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "rebuild":
            return self.over and bool(self.rebuilds)
        return super().check_action(action, parameters)

    def step(self) -> str:
        step = super().step()
        return "leave" if self.over else "finish" if step == "again" else step
