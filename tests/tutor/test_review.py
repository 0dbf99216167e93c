"""What comes back, and when: the history played through the scheduler, a round of it, on screen and as a command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lessons
from exercises import exercise
from tests.tutor.fakes import ANSWER, desk, report_for
from tests.tutor.picture import rows
from tests.tutor.test_screens import settle
from tutor import review
from tutor.course import Course
from tutor.placement import Step
from tutor.progress import Answer
from tutor.screens.exercise import Bench
from tutor.screens.home import Home

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class History:
    """What `review` asks of progress."""

    def __init__(self) -> None:
        self.past: list[Answer] = []
        self.passed: list[tuple[str, datetime]] = []
        self.levels: dict[str, int] = {}
        self.standings: dict[str, str] = {}
        self.steps: list[Step] = []

    def answers(self) -> list[Answer]:
        return self.past

    def passes(self) -> list[tuple[str, datetime]]:
        return self.passed

    def placements(self) -> list[Step]:
        return self.steps

    def hints(self, name: str) -> int:
        return self.levels.get(name, 0)

    def status(self, name: str) -> str:
        return self.standings.get(name, "passed")

    def answered(self, days_ago: float, lesson: str, item: str, correct: bool) -> None:
        self.past.append(Answer(NOW - timedelta(days=days_ago), lesson, item, 1, 0, correct))


def course(history: Any) -> Course:
    return Course(history)


def days(history: Any) -> dict[str, float]:
    """In how many days each card is due, by name."""
    found = review.cards(course(history), history)
    return {card.name: round((card.due - NOW).total_seconds() / 86400, 1) for card in found}


def test_what_was_known_comes_back_later_than_what_was_not() -> None:
    history = History()
    history.answered(0, "L03", "align_right", True)
    history.answered(0, "L03", "keepdim_trap", False)
    history.answered(2, "L04", "leaf", True)
    history.answered(0, "L04", "leaf", True)
    found = days(history)
    assert found["keepdim_trap"] < found["align_right"] < found["leaf"], found
    assert found["keepdim_trap"] == 1


def test_what_is_gone_from_the_course_is_passed_over_and_old_rows_are_read() -> None:
    history = History()
    history.answered(9, "L99", "anything", True)
    history.answered(9, "L03", "was_renamed", True)
    history.answered(9, "03_broadcasting", "align_right", True)
    history.passed = [("no_such_exercise", NOW)]
    assert list(days(history)) == ["align_right"]


def test_an_exercise_comes_back_the_sooner_the_more_help_it_took() -> None:
    history = History()
    names = ("stable_softmax", "retain_graph", "train_loop")
    history.passed = [(name, NOW) for name in names]
    history.levels["retain_graph"] = 3
    history.standings["train_loop"] = "assisted"
    found = days(history)
    assert found["train_loop"] <= found["retain_graph"] < found["stable_softmax"], found
    again = [("stable_softmax", NOW + timedelta(hours=1)), ("stable_softmax", NOW + timedelta(days=8))]
    history.passed += again[:1]
    assert days(history) == found, "passing again within the hour proves nothing"
    history.passed += again[1:]
    assert days(history)["stable_softmax"] > 8 + found["stable_softmax"]


def test_only_what_is_due_is_asked_and_a_round_mixes_lessons() -> None:
    history = History()
    for number in range(12):
        items = list(Course(history).quiz_items(lessons.lesson("L03" if number < 9 else "L04")))
        history.answered(30 - number, "L03" if number < 9 else "L04", items[number % len(items)], True)
    history.answered(0, "L09", "order", True)
    history.passed = [(name, NOW - timedelta(days=60)) for name in ("stable_softmax", "retain_graph", "train_loop")]
    waiting = review.due(course(history), history, NOW)
    assert {card.lesson.id for card in waiting if card.kind == "question"} == {"L03", "L04"}
    cards = review.round_of(waiting)
    asked = [card.lesson.id for card in cards if card.kind == "question"]
    assert asked[:6] == ["L03", "L04"] * 3 and len(asked) == review.QUESTIONS
    assert [card.kind for card in cards[len(asked) :]] == ["rebuild"] * review.REBUILDS
    assert [c.due for c in waiting] == sorted(c.due for c in waiting)


def test_a_round_of_one_and_of_nothing() -> None:
    assert review.round_of([]) == [] and review.cards(course(History()), History()) == []


async def test_the_round_on_screen(tmp_path: Path) -> None:
    app = desk(tmp_path)
    app.course = Course(app.progress)
    long_ago = datetime.now(UTC) - timedelta(days=90)
    app.progress.past = [
        Answer(long_ago, "L03", "align_right", 1, 0, True),
        Answer(long_ago, "L04", "leaf", 1, 0, True),
    ]
    app.progress.attempt("stable_softmax", ANSWER, report_for("stable_softmax", ANSWER))
    app.progress.passed_at = [("stable_softmax", long_ago)]
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete([w for w in app.workers if w.group == "due"])
        await settle(pilot)
        assert "3 to review" in "\n".join(rows(app))
        await pilot.press("v")
        await settle(pilot)
        for number in (1, 2):
            assert f"question {number} of 2" in rows(app)[0]
            await pilot.press("2")
            await settle(pilot)
            assert ("Next question" if number == 1 else "How it went") in rows(app)[-1]
            await pilot.press("enter")
            await settle(pilot)
        text = "\n".join(rows(app))
        assert "That was the round.  2 of 2 right." in text and exercise("stable_softmax").title in text
        assert [(lesson, good) for lesson, _, _, _, good in app.progress.given] == [("L03", True), ("L04", True)]
        await pilot.press("b")
        await settle(pilot)
        assert isinstance(app.screen, Bench) and app.screen.exercise.id == "stable_softmax"


async def test_without_anything_due_the_map_offers_no_round(tmp_path: Path) -> None:
    app = desk(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("v")
        await settle(pilot)
        assert isinstance(app.screen, Home) and "review" not in "\n".join(rows(app))


async def test_a_round_of_nothing_but_a_rebuild_begins_with_its_end(tmp_path: Path) -> None:
    app = desk(tmp_path)
    app.course = Course(app.progress)
    app.progress.attempt("stable_softmax", ANSWER, report_for("stable_softmax", ANSWER))
    app.progress.passed_at = [("stable_softmax", datetime.now(UTC) - timedelta(days=90))]
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete([w for w in app.workers if w.group == "due"])
        await settle(pilot)
        await pilot.press("v")
        await settle(pilot)
        text = "\n".join(rows(app))
        assert "To write once more" in text and exercise("stable_softmax").title in text
        assert app.fake.draws == 0 and "Done" in rows(app)[-1]
