"""Known mistakes after a pass: every exercise's have a difference and a check, on screen and as a command."""

from __future__ import annotations

import ast
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from exercises import Mistake, exercise, exercises
from graders.report import Check, Report
from tests.tutor.conftest import Run
from tests.tutor.fakes import ANSWER, desk, report_for
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, settle
from tutor.progress import Progress
from tutor.screens.exercise import Bench
from tutor.screens.zoo import Zoo
from tutor.zoo import Animal, animals, difference, question

CHECKS = Path(__file__).parents[2] / "graders" / "checks"


def titled(name: str) -> list[Check]:
    """The checks of an exercise with their titles, read from the check file."""
    tree = ast.parse((CHECKS / exercise(name).check).read_text(encoding="utf-8"))
    found = [Check("runs", "Your file runs", "passed")]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found.append(Check(node.name, (ast.get_docstring(node) or node.name).splitlines()[0].rstrip("."), "passed"))
    return found


def test_every_known_mistake_of_the_course_can_be_shown() -> None:
    count = 0
    for one in exercises().values():
        checks = titled(one.id)
        found = animals(one, checks)
        assert len(found) == len(one.mistakes), one.id
        for animal in found:
            marks = {line[0] for line in animal.difference.splitlines() if line.strip()}
            assert marks & set("+-"), f"{one.id}: {animal.name} changes nothing"
            asked = question(animal, checks, random.Random(0))
            choices = asked["choices"]
            assert isinstance(choices, list) and choices[asked["correct"]] == animal.check  # type: ignore[index]
            assert len(set(choices)) == len(choices) <= 6 and "Your file runs" not in choices
            count += 1
    assert count > 1000


def test_a_difference_shows_what_changed_and_its_neighbors() -> None:
    answer = "a\nb\nc\nd\ne\nf\ng\nh\n"
    assert difference(answer, answer.replace("c", "x")) == " b\n-c\n+x\n d"
    both = difference(answer, answer.replace("b", "x").replace("g", "y"))
    assert both == " a\n-b\n+x\n c\n…\n f\n-g\n+y\n h"
    assert len(difference("x\n" * 50, "y\n" * 50).splitlines()) == 22


def with_mistakes(app: Any) -> None:
    """The fake exercise, with two mistakes."""
    old, new = "    shifted = x - x.amax(dim, keepdim=True)\n", "    shifted = x\n"
    said = "exp of 1,000 overflows. What can you subtract from a row?"
    mistakes = (
        Mistake("no-shift", said, "test_large", edits=((old, new),)),
        Mistake("global-max", "One maximum for all rows.", "test_sums", edits=(("amax(dim, keepdim=True)", "amax()"),)),
    )
    known = app.course.known["stable_softmax"]
    app.course.known["stable_softmax"] = type(known)(**{**known.__dict__, "mistakes": mistakes})


def passed_with_mistakes(app: Any) -> None:
    """The same, and passed."""
    with_mistakes(app)
    app.progress.attempt("stable_softmax", ANSWER, report_for("stable_softmax", ANSWER))


@pytest.mark.parametrize("size", SIZES)
async def test_the_zoo_on_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    app = desk(tmp_path)
    passed_with_mistakes(app)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        await pilot.press("escape", "m")
        await settle(pilot)
        assert isinstance(app.screen, Zoo)
        compare(app, "zoo")
        right = app.screen.question["correct"] + 1
        await pilot.press(str(right))
        await settle(pilot)
        compare(app, "zoo-answered")
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press(str(app.screen.question["correct"] % 2 + 2))
        await settle(pilot)
        assert "How it went" in rows(app)[-1]
        await pilot.press("enter")
        await settle(pilot)
        compare(app, "zoo-end")
        assert app.progress.given == [], "this is no test"
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Bench)


async def test_who_tells_all_mistakes_apart_has_mastered_the_exercise(tmp_path: Path) -> None:
    app = desk(tmp_path)
    passed_with_mistakes(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        assert "✓ passed" in rows(app)[0]
        await pilot.press("escape", "m")
        await settle(pilot)
        for _ in range(2):
            await pilot.press(str(app.screen.question["correct"] + 1))
            await settle(pilot)
            await pilot.press("enter")
            await settle(pilot)
        assert "✦ mastered  2 of 2 right." in "\n".join(rows(app))
        await pilot.press("enter")
        await settle(pilot)
        assert "✦ mastered" in rows(app)[0]
        await app.going.home()
        await settle(pilot)
        assert "✦ mastered  A softmax that never overflows" in "\n".join(rows(app))


def test_the_lists_say_what_is_mastered(run: Run, home: Path) -> None:
    with Progress(home.parent / "data" / "progress.sqlite3") as progress:
        progress.attempt(
            "stable_softmax", "x", Report("stable_softmax", "passed"), exercise("stable_softmax").content_hash
        )
        progress.zoo_solved("stable_softmax")
    assert re.search(r"✦ stable-softmax .*\[mastered\]", run("list")[1])
    assert re.search(r"L03 .* ✦ 1 mastered", run("progress")[1])
    rows_ = json.loads(run("progress", "--json")[1])["exercises"]
    assert [row["name"] for row in rows_ if row["mastered"]] == ["L03/stable-softmax"]


async def test_before_a_pass_it_is_closed_and_says_so(tmp_path: Path) -> None:
    app = desk(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        await pilot.press("escape", "m")
        await settle(pilot)
        assert isinstance(app.screen, Bench)
        assert "before it has passed" in [note.message for note in app._notifications][-1]


async def test_a_pass_of_other_checks_asks_to_check_again(tmp_path: Path) -> None:
    app = desk(tmp_path)
    passed_with_mistakes(app)
    app.progress.kept["stable_softmax"].clear()
    app.progress.attempt("stable_softmax", ANSWER, Report("stable_softmax", "passed", (Check("old", "Old", "passed"),)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        await pilot.press("escape", "m")
        await settle(pilot)
        assert "check it once more" in [note.message for note in app._notifications][-1]


def test_the_command(run: Run, home: Path) -> None:
    code, _, err = run("zoo", "stable-softmax")
    assert code == 2 and "before it has passed" in err
    with Progress(home.parent / "data" / "progress.sqlite3") as progress:
        report = Report("stable_softmax", "passed", tuple(titled("stable_softmax")))
        progress.attempt("stable_softmax", "x", report)
    code, out, _ = run("zoo", "stable-softmax")
    mistakes = exercise("stable-softmax").mistakes
    assert code == 0 and f"{len(mistakes)} known mistakes" in out
    assert all(mistake.name in out for mistake in mistakes)
    assert len(re.findall(r"^    [-+]", out, re.MULTILINE)) >= len(mistakes)


def test_a_question_offers_few_checks_in_the_order_of_the_ladder() -> None:
    checks = [Check(f"test_{n}", f"Check {n}", "passed") for n in range(9)]
    asked = question(Animal("m", "says", "-a\n+b", "Check 7"), checks, random.Random(1))
    choices = asked["choices"]
    assert isinstance(choices, list) and len(choices) == 5 and choices == sorted(choices) and "Check 7" in choices
