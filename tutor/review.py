"""What is due again: questions answered and exercises passed, spaced by FSRS over the history that is kept anyway.

Nothing of this is stored. The cards of today are the answers and passes of all days, played through the scheduler: so
another machine, an import or a better scheduler needs no migration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from lessons import Lesson
from tutor.course import Course
from tutor.progress import APART, Progress

if TYPE_CHECKING:
    import fsrs

QUESTIONS, REBUILDS = 8, 2
"""One round takes about five minutes, and asks for two exercises at most."""
A_DAY = 4
"""Questions of lessons that were tested out, known but never asked, come in so many a day."""


@dataclass(frozen=True)
class Card:
    """One thing that was known once."""

    kind: Literal["question", "rebuild"]
    lesson: Lesson
    name: str
    """The item of the lesson's deck, or the exercise's id."""
    due: datetime
    times: int
    """How often it has come up so far."""


def cards(course: Course, progress: Progress) -> list[Card]:
    """All cards, those that are due first standing first."""
    found = [*_questions(course, progress), *_rebuilds(course, progress)]
    return sorted(found, key=lambda card: card.due)


def due(course: Course, progress: Progress, now: datetime | None = None) -> list[Card]:
    """The cards whose day has come."""
    now = now or datetime.now(UTC)
    return [card for card in cards(course, progress) if card.due <= now]


def round_of(waiting: Iterable[Card]) -> list[Card]:
    """One round: the oldest first, but no lesson twice in a row where another one waits; rebuilds at the end."""
    waiting = list(waiting)
    by_lesson: dict[str, list[Card]] = {}
    for card in waiting:
        if card.kind == "question":
            by_lesson.setdefault(card.lesson.id, []).append(card)
    asked: list[Card] = []
    while by_lesson and len(asked) < QUESTIONS:
        for lesson in list(by_lesson):
            asked.append(by_lesson[lesson].pop(0))
            if not by_lesson[lesson]:
                del by_lesson[lesson]
    return asked[:QUESTIONS] + [card for card in waiting if card.kind == "rebuild"][:REBUILDS]


def _scheduler() -> fsrs.Scheduler:
    import fsrs  # here, so that the first screen does not wait for it

    return fsrs.Scheduler(desired_retention=0.9, learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def _played(scheduler: fsrs.Scheduler, history: Iterable[tuple[datetime, str]]) -> tuple[datetime, int]:
    """When a card with this history of (when, rating) is due, and how often it has come up."""
    import fsrs

    card, times = fsrs.Card(card_id=1), 0
    for when, rating in history:
        card, _ = scheduler.review_card(card, fsrs.Rating[rating], when)
        times += 1
    return card.due, times


def _questions(course: Course, progress: Progress) -> list[Card]:
    lessons = {alias: lesson for lesson in course.lessons() for alias in (lesson.id, lesson.deck)}
    histories: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
    for answer in progress.answers():
        lesson = lessons.get(answer.lesson)
        if lesson is not None:
            rating = "Good" if answer.correct else "Again"
            histories.setdefault((lesson.id, answer.item), []).append((answer.when, rating))
    tested = course.tested_out()
    wanted = {id_ for id_, _ in histories} | {id_ for id_ in tested if id_ in lessons}
    items = {id_: course.quiz_items(lessons[id_]) for id_ in sorted(wanted)}
    scheduler = _scheduler() if wanted else None
    found, known = [], 0
    for id_, item in _in_turn(items):
        history, since = histories.get((id_, item), []), tested.get(id_)
        if since is not None and all(rating == "Good" for when, rating in history if when <= since):
            # Known by the test: it comes back late, as what was answered with ease does.
            history = [(since, "Easy"), *(one for one in history if one[0] > since)]
            known += 1
        if history and scheduler is not None:
            due, times = _played(scheduler, history)
            later = timedelta(days=(known - 1) // A_DAY) if history == [(since, "Easy")] else timedelta()
            found.append(Card("question", lessons[id_], item, due + later, times))
    return found


def _in_turn(items: dict[str, list[str]]) -> Iterable[tuple[str, str]]:
    """The items of all lessons, one of each lesson after the other."""
    for place in range(max(map(len, items.values()), default=0)):
        for id_, names in items.items():
            if place < len(names):
                yield id_, names[place]


def _rebuilds(course: Course, progress: Progress) -> list[Card]:
    """Exercises to write once more from the empty stub. What needed much help comes back sooner."""
    passes: dict[str, list[datetime]] = {}
    for exercise, when in progress.passes():
        earlier = passes.setdefault(exercise, [])
        if not earlier or when - earlier[-1] >= APART:
            earlier.append(when)
    places = {name: lesson for lesson in course.lessons() for name in lesson.exercises}
    scheduler = _scheduler() if passes else None
    found = []
    for exercise, times in passes.items():
        if exercise in places and scheduler is not None:
            helped = progress.status(exercise) == "assisted"
            first = "Again" if helped else "Hard" if progress.hints(exercise) > 1 else "Easy"
            history = [(when, "Good" if number else first) for number, when in enumerate(times)]
            found.append(Card("rebuild", places[exercise], exercise, *_played(scheduler, history)))
    return found
