"""The placement test: its rules for every learner that there could be, what is kept, and what follows from it."""

from __future__ import annotations

import io
import json
import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lessons
from exercises import exercises
from graders.report import Report
from tests.tutor.conftest import Run
from tests.tutor.fakes import ANSWER, FakeGrader, desk, report_for
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, settle
from tutor import database, placement, review
from tutor.course import Course
from tutor.placement import NODES, Standing, Step, pick, play
from tutor.progress import Progress
from tutor.screens.exercise import Bench
from tutor.screens.home import Home
from tutor.screens.placement import Placement
from tutor.sitting import Sitting

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
Answers = Callable[[int, str], bool]
"""What a learner does at a node, counted from 1, with a question or a task."""


def sat(answers: Answers, seed: int = 0) -> list[Step]:
    """A whole test, as a learner with these answers takes it."""
    steps: list[Step] = []
    chance = random.Random(seed)
    while (node := (now := play(steps)).node) is not None:
        kind = now.wants
        assert kind is not None and len(steps) <= 4 * len(NODES)
        item = pick(now, [s.item for s in steps], chance) if kind == "question" else node.task
        steps.append(Step("t", NOW, node.name, kind, item, answers(now.at, kind)))
    return steps


# -- the nodes


def test_every_question_and_task_is_in_the_course_and_the_lessons_follow_the_path() -> None:
    course = Course(None)  # type: ignore[arg-type]
    by_id = {lesson.id: lesson for lesson in lessons.lessons()}
    path = [name for node in NODES for name in node.lessons]
    assert path == sorted(set(path)) and set(by_id) - set(path) == {"L24", "L25", *(f"L{n}" for n in range(28, 36))}
    for node in NODES:
        for item in node.items:
            lesson, _, name = item.partition(".")
            assert lesson in node.lessons and name in course.quiz_items(by_id[lesson]), item
        assert {item[:3] for item in node.items} == set(node.lessons) and len(set(node.items)) == len(node.items) >= 6
    tasks = {number: node.task for number, node in enumerate(NODES, 1) if node.task}
    assert list(tasks) == [2, 5, 7]
    for number, task in tasks.items():
        known = [name for node in NODES[:number] for lesson in node.lessons for name in by_id[lesson].exercises]
        assert task in known and exercises()[task].kind in ("fix", "implement")


# -- the rules


@given(st.integers(0, len(NODES)), st.integers())
def test_who_knows_all_up_to_a_node_is_placed_there(edge: int, seed: int) -> None:
    steps = sat(lambda at, _: at <= edge, seed)
    assert play(steps) == Standing(edge, edge + 1, edge, (), True)
    questions = [step.item for step in steps if step.kind == "question"]
    assert len(questions) == len(set(questions)) <= 14, "two at each node, and not at every node"


@given(st.lists(st.booleans(), min_size=60, max_size=60), st.integers())
def test_every_test_ends_and_asks_each_node_once(chances: list[bool], seed: int) -> None:
    steps = sat(lambda at, kind: chances.pop(), seed)
    standing = play(steps)
    assert standing.over and standing.failed == standing.passed + 1
    visits = list(dict.fromkeys(step.node for step in steps))
    for name in visits:
        here = [step for step in steps if step.node == name]
        questions = [step.right for step in here if step.kind == "question"]
        assert len(questions) in (2, 3) and (len(questions) == 3) == (sum(questions[:2]) == 1)
        assert len(here) - len(questions) == (bool(_node(name).task) and sum(questions) == 2)
    assert len({step.node for step in steps if step.kind == "question"}) == len(visits)
    runs = [name for name, before in zip([s.node for s in steps], ["", *[s.node for s in steps]], strict=False)
            if name != before]  # fmt: skip
    assert runs == visits, "no node is come back to"


@given(st.lists(st.booleans(), min_size=60, max_size=60), st.integers())
def test_no_node_counts_that_was_neither_passed_nor_jumped_over_from_one_to_the_next(
    chances: list[bool], seed: int
) -> None:
    steps = sat(lambda at, kind: chances.pop(), seed)
    standing = play(steps)
    asked = {step.node for step in steps}
    counted = NODES[: standing.passed]
    for before, node, behind in zip([None, *counted], counted, [*counted[1:], None], strict=False):
        if node.name not in asked:
            assert before and behind and before.name in asked and behind.name in asked
        else:
            here = [step for step in steps if step.node == node.name]
            assert sum(step.right for step in here if step.kind == "question") == 2
            assert not node.task or here[-1].right
    if standing.passed < len(NODES):
        assert NODES[standing.passed].name in asked, "it ends where something was not known"


@given(st.lists(st.booleans(), min_size=60, max_size=60), st.integers(), st.data())
def test_a_test_can_be_left_anywhere_and_strange_steps_change_nothing(
    chances: list[bool], seed: int, data: st.DataObject
) -> None:
    steps = sat(lambda at, kind: chances.pop(), seed)
    cut = data.draw(st.integers(0, len(steps)))
    assert play(steps[:cut]).over == (cut == len(steps))
    strange = Step("t", NOW, "no_such_node", "question", "L99.gone", data.draw(st.booleans()))
    assert play([*steps[:cut], strange, *steps[cut:]]) == play(steps)
    assert play([*steps, *steps]) == play(steps)


def test_both_right_jump_over_a_node_and_one_of_two_is_decided_by_a_third() -> None:
    def at(*rights: bool) -> Standing:
        steps: list[Step] = []
        for right in rights:
            now = play(steps)
            assert now.node and now.wants
            steps.append(Step("t", NOW, now.node.name, now.wants, "x", right))
        return play(steps)

    assert at(True, True).at == 3
    assert at(True, False).at == 1 and at(True, False).wants == "question"
    assert at(True, False, True).at == 2 and at(False, True, False).over
    assert at(False, False) == Standing(0, 1, 0, (), True)
    assert at(True, True, False, False).at == 2, "what was jumped over is asked when the one behind it fails"
    task = at(True, True, False, False, True, True)
    assert task.wants == "task" and task.at == 2
    assert at(True, True, False, False, True, True, True) == Standing(2, 3, 2, (), True)
    assert at(True, True, False, False, True, True, False) == Standing(1, 2, 1, (), True)


@given(st.integers(0, 2**31), st.lists(st.sampled_from(NODES[4].items), max_size=20))
def test_a_question_is_drawn_that_was_not_asked_and_from_the_lesson_that_was_asked_least(
    seed: int, had: list[str]
) -> None:
    item = pick(Standing(4, 10, 5), had, random.Random(seed))
    assert item in NODES[4].items
    fresh = set(NODES[4].items) - set(had)
    if fresh:
        counts = {lesson: sum(h.startswith(lesson) for h in had) for lesson in {name[:3] for name in fresh}}
        assert item in fresh and counts[item[:3]] == min(counts.values())


def test_the_last_finished_test_counts_and_forgetting_takes_it_back() -> None:
    first = [Step("a", NOW, s.node, s.kind, s.item, s.right) for s in sat(lambda at, _: at <= 4)]
    begun = Step("b", NOW + timedelta(days=1), NODES[0].name, "question", NODES[0].items[0], False)
    known = {f"L{n:02}": NOW for n in range(1, 7)}
    assert placement.tested_out([]) == {} and placement.tested_out(first) == known == placement.tested_out(
        [*first, begun]
    )
    assert (
        placement.tested_out([*first, begun, Step("b", NOW, NODES[0].name, "question", NODES[0].items[1], False)]) == {}
    )
    assert placement.tested_out([*first, Step("c", NOW, "", "forget", "", False)]) == {}


# -- what is kept, and what follows


@pytest.fixture
def progress(tmp_path: Path) -> Any:
    with Progress(tmp_path / "p.sqlite3") as progress:
        yield progress


def sit(course: Course, edge: int) -> Sitting:
    """Take the test knowing everything up to this node."""
    while not (sitting := Sitting(course)).standing.over:
        if sitting.task is not None:
            course.progress.attempt(sitting.task.exercise.id, "x", Report(sitting.task.exercise.id, "passed"), "")
            assert sitting.look()
            continue
        lesson, item = sitting.question()
        sitting.answered(lesson, item, 7, 0, sitting.standing.at <= edge)
    return sitting


def test_a_test_changes_what_comes_next_and_counts_nothing_as_passed(progress: Progress) -> None:
    course = Course(progress)
    minutes = course.minutes_left()
    sitting = sit(course, 4)
    assert [lesson.id for lesson in sitting.lessons()] == [f"L{n:02}" for n in range(1, 7)]
    coming = course.next()
    assert coming and coming.lesson.id == "L07"
    entries = [entry for entry in course.entries() if entry.lesson.number < 7]
    # One task was on the way: it is a pass like any other. Nothing else is.
    assert {entry.status for entry in entries} == {"new"} and {entry.shown for entry in entries} == {"open"}
    assert course.totals()[0] == 0 and course.minutes_left() == minutes - sum(e.exercise.minutes for e in entries)
    text = sitting.result()
    assert text.startswith("Begin with L07, ") and "not as passed" in text and "device (L01/device-walk)" in text
    sitting.forget()
    assert course.next() == course.entries()[0] and "taken back" in Sitting(course).result()
    assert Sitting(course).withdrawn and not Sitting(course).begun


def test_who_knows_all_has_solved_two_tasks_and_begins_behind_the_last_node(progress: Progress) -> None:
    course = Course(progress)
    sit(course, 9)
    coming = course.next()
    assert coming and coming.lesson.id == "L24"
    done = [entry.exercise.id for entry in course.entries() if entry.done]
    assert done == ["grad_hygiene", "sdpa_scratch"]


def test_a_task_needs_a_pass_of_ones_own_and_can_be_left_out(progress: Progress) -> None:
    course = Course(progress)
    for _ in range(2):
        for _ in range(2):
            sitting = Sitting(course)
            sitting.answered(*sitting.question(), 7, 0, True)
    for _ in range(2):
        sitting.answered(*sitting.question(), 7, 0, True)
    sitting = Sitting(course)
    assert sitting.task is not None and sitting.task.exercise.id == "grad_hygiene" and sitting.begun
    assert not sitting.look()
    progress.solution_shown("grad_hygiene")
    progress.attempt("grad_hygiene", "x", Report("grad_hygiene", "passed"), "")
    assert not sitting.look(), "a pass with the solution shown proves nothing here"
    sitting.skip()
    assert sitting.standing.at == 4, "the one that was jumped over is asked"


def test_answers_count_in_the_quiz_too_and_unasked_questions_come_back_late_and_few_a_day(progress: Progress) -> None:
    course = Course(progress)
    sit(course, 4)
    assert {(a.lesson, a.item) for a in progress.answers()} == {
        tuple(step.item.split(".")) for step in progress.placements() if step.kind == "question"
    }
    when = progress.placements()[-1].when
    cards = [card for card in review.cards(course, progress) if card.lesson.number < 7]
    items = sum(len(course.quiz_items(lesson)) for lesson in course.lessons() if lesson.number < 7)
    assert len(cards) == items
    days = sorted(int((card.due - when).total_seconds() // 86400 + 0.5) for card in cards)
    assert days[0] >= 7, days
    assert max(map(days.count, set(days))) <= review.A_DAY + 1
    missed = [card for card in review.cards(course, progress) if card.lesson.id in ("L07", "L08", "L09")]
    assert missed and all(round((card.due - when).total_seconds() / 86400) == 1 for card in missed)
    # What is answered moves on by its own history; the others stay where they are.
    first = min(cards, key=lambda card: card.due)
    before = {(c.lesson.id, c.name): c.due for c in cards}
    progress.answered(first.lesson.id, first.name, 1, 0, True)
    after = {(c.lesson.id, c.name): c.due for c in review.cards(course, progress)}
    moved = {key for key in before if after[key] != before[key]}
    assert moved == {(first.lesson.id, first.name)}


def test_progress_carries_the_test_and_an_older_file_is_brought_up(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    with sqlite3.connect(old) as raw:
        for statement in database.MIGRATIONS[1].split(";"):
            raw.execute(statement)
        raw.execute(
            "INSERT INTO answers (uid, at, lesson, item, seed, choice, correct) VALUES ('u', 1, 'L03', 'x', 1, 1, 1)"
        )
        raw.execute("PRAGMA user_version = 1")
    raw.close()
    with Progress(old) as progress:
        assert len(progress.answers()) == 1 and progress.placements() == [] and progress.notice == ""
        sit(Course(progress), 3)
        kept = progress.placements()
        progress.export(tmp_path / "export.json")
    with Progress(tmp_path / "new.sqlite3") as progress:
        progress.import_(tmp_path / "export.json")
        assert progress.placements() == kept and Course(progress).tested_out()
        assert progress.import_(tmp_path / "export.json") == 0
    # An export of before there was a test is read as it was.
    document = json.loads((tmp_path / "export.json").read_text())
    del document["tables"]["placements"]
    (tmp_path / "export.json").write_text(json.dumps(document))
    with Progress(tmp_path / "third.sqlite3") as progress:
        progress.import_(tmp_path / "export.json")
        assert progress.placements() == [] and progress.answers()


def _node(name: str) -> placement.Node:
    return next(node for node in NODES if node.name == name)


# -- on screen and as a command


class Answering(FakeGrader):
    """Its questions carry the item that was asked for."""

    async def quiz(self, deck: str, item: str | None = None, seed: int | None = None) -> dict[str, Any]:
        question = await super().quiz(deck, item, seed)
        return {**question, "id": f"q{deck[:2]}.{(item or 'any').replace('_', '-')}"}


def placed(tmp_path: Path) -> Any:
    app = desk(tmp_path)
    app.course = Course(app.progress)
    fake = Answering()

    async def connect() -> Answering:
        return fake

    app.grader.connect = connect
    return app


async def answer(pilot: Any, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_the_test_on_screen(tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random.Random, "choice", lambda self, some: some[0])  # the same questions in each picture
    app = placed(tmp_path)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await answer(pilot, "p")
        assert isinstance(app.screen, Placement)
        compare(app, "placement-begin")
        await answer(pilot, "enter")
        compare(app, "placement-question")
        assert "place 1 of 9 · Tensors and shapes" in rows(app)[0]
        await answer(pilot, "2")
        assert "Next question" in rows(app)[-1]
        await answer(pilot, "enter", "2", "enter", "2", "enter", "2", "enter")
        assert "place 5 of 9" in rows(app)[0] and app.progress.placements()[-1].node == "autograd"
        await answer(pilot, "escape")
        assert isinstance(app.screen, Home)
        await answer(pilot, "p", "2", "enter", "2")
        assert "Go on" in rows(app)[-1], "a task comes next, not a question"
        await answer(pilot, "enter")
        compare(app, "placement-task")
        await answer(pilot, "b")
        assert isinstance(app.screen, Bench) and app.screen.exercise.id == "grad_hygiene"
        app.progress.attempt("grad_hygiene", ANSWER, report_for("grad_hygiene", ANSWER))
        await answer(pilot, "escape", "escape")
        await answer(pilot, "p", "0")
        assert "So it is." in "\n".join(rows(app)) and "place 7 of 9" in rows(app)[0]
        await answer(pilot, "enter", "1")
        assert "place 7 of 9" in rows(app)[0], "the answer is still to be read"
        await answer(pilot, "enter")
        assert "place 6 of 9" in rows(app)[0], "what was jumped over"
        await answer(pilot, "0", "enter", "0")
        assert "How it went" in rows(app)[-1]
        await answer(pilot, "enter")
        compare(app, "placement-result")
        assert [step.right for step in app.progress.placements()].count(True) == 7
        assert (app.progress.given[-1][3], app.progress.given[-1][4]) == (-1, False)
        await answer(pilot, "enter")
        assert isinstance(app.screen, Home)
        assert "▸  · new       An engine of your own" in "\n".join(rows(app)), "the map points to where to begin"
        await answer(pilot, "p", "f", "t")
        assert "taken back" in "\n".join(rows(app)) and app.course.tested_out() == {}
        await answer(pilot, "a")
        assert "place 1 of 9" in rows(app)[0]


@pytest.mark.parametrize("size", SIZES)
async def test_the_map_says_what_was_tested_out(tmp_path: Path, size: tuple[int, int]) -> None:
    app = desk(tmp_path)
    app.progress.steps = sat(lambda at, _: at <= 2)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        compare(app, "home-tested")


async def test_a_task_can_be_left_out_on_screen(tmp_path: Path) -> None:
    app = placed(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await answer(pilot, "p", "enter", *["2", "enter"] * 6)
        assert "Open the task" in rows(app)[-1]
        await answer(pilot, "s")
        assert "place 4 of 9" in rows(app)[0] and app.progress.placements()[-1].kind == "task"


async def test_a_question_that_cannot_be_drawn_can_be_asked_for_again(tmp_path: Path) -> None:
    app = placed(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        grader = await app.grader()
        whole, grader.quiz = grader.quiz, None
        await answer(pilot, "p", "enter")
        assert "No question could be drawn" in "\n".join(rows(app))
        grader.quiz = whole
        await answer(pilot, "enter")
        assert "What shape has" in "\n".join(rows(app))


def test_the_command_asks_stops_goes_on_and_tells(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    assert "gradatim place" in run("next")[1]
    typed("2\n")
    code, out, _ = run("place")
    assert code == 1 and "nine places" in out and "at place 1 of 9" in out and "gradatim place" in out
    state = json.loads(run("place", "--json")[1])
    assert state["begun"] and not state["over"] and state["place"] == "tensors" and state["begin"] == "L01"
    code, _, err = run("place", "--skip")
    assert code == 2 and "No task" in err
    typed("2\n" * 20)
    code, out, _ = run("place")
    assert code == 1 and "nine places" not in out, "it goes on"
    assert "grad-hygiene" in out and "gradatim start L04/grad-hygiene" in out
    typed("0\n" * 20)
    code, out, _ = run("place", "--skip")
    assert code == 0 and "Begin with L05" in out, "the place that was jumped over was not known, nor was this"
    assert "tested out" in run("list")[1] and "4 lessons tested out" in run("progress")[1]
    document = json.loads(run("list", "--json")[1])
    assert [lesson["id"] for lesson in document["lessons"] if lesson["tested_out"]] == ["L01", "L02", "L03", "L04"]
    assert "L05/" in run("next")[1]
    typed("")
    assert run("place", "--again")[0] == 1
    code, out, _ = run("place", "--forget")
    assert code == 0 and "taken back" in out and "L01/" in run("next")[1]
