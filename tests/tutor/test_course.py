"""The path through the lessons: order, names, what comes next, and what is handed on to a run."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lessons
from exercises import Exercise, _read, exercises
from graders.report import Report
from lessons import Lesson
from tutor import course as module
from tutor.course import Course
from tutor.progress import Progress


def make(folder: Path, topic: str, name: str, slot: str | None = None) -> Exercise:
    place = folder / topic / name
    place.mkdir(parents=True)
    for file in ("exercise.toml", "start.py", "answer.py"):
        (place / file).write_text(file)
    title = name.replace("_", " ").capitalize()
    hints = ("a", "b", "c")
    return Exercise(name, topic, title, "implement", "t", 10, 1, 1, "A", ("f",), place, hints, slot=slot)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    known = [
        make(tmp_path, "shapes", "outer_product"),
        make(tmp_path, "shapes", "pairwise_sum"),
        make(tmp_path, "attention", "one_head", "attention"),
        make(tmp_path, "attention", "many_heads", "attention"),
        make(tmp_path, "attention", "orphan"),
    ]
    names = {
        "01_shapes": ("L01", ("outer_product", "pairwise_sum")),
        "02_attention": ("L02", ("one_head", "many_heads")),
    }
    path = tuple(
        Lesson(id_, int(stem[:2]), stem[3:], stem[3:].title(), "t", (), 60, held, tmp_path / f"{stem}.md", "")
        for stem, (id_, held) in names.items()
    )
    monkeypatch.setattr(lessons, "lessons", lambda: path)
    monkeypatch.setattr(module, "exercises", lambda: {e.id: e for e in known})
    with Progress(tmp_path / "p.sqlite3") as progress:
        yield Course(progress)


def passed(course: Course, name: str, source: str = "x") -> None:
    entry = course.find(name)
    report = Report(entry.exercise.id, "passed")
    course.progress.attempt(entry.exercise.id, source, report, entry.exercise.content_hash)


def test_entries_come_in_the_order_of_the_lessons(course: Course) -> None:
    assert [entry.name for entry in course.entries()] == [
        "L01/outer-product",
        "L01/pairwise-sum",
        "L02/one-head",
        "L02/many-heads",
    ]
    assert len(course.entries(course.lessons()[1])) == 2
    assert course.totals() == (0, 4) and course.minutes_left() == 40


@pytest.mark.parametrize(
    "name",
    [
        "one-head",
        "one_head",
        "ONE-HEAD",
        " one-head ",
        "L02/one-head",
        "2/one_head",
        "02_attention/one-head",
        "attention/one-head",
        "one_head.py",
    ],
)
def test_an_exercise_answers_to_many_names(course: Course, name: str) -> None:
    assert course.find(name).name == "L02/one-head"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("one-hed", "Did you mean L02/one-head"),
        ("L01/one-head", "belongs to L02"),
        ("shapes/one-head", "belongs to L02"),
        ("zzz", "gradatim list"),
        ("", "gradatim list"),
        ("orphan", "No lesson asks for orphan yet"),
    ],
)
def test_a_name_that_is_none_is_answered_in_one_sentence(course: Course, name: str, says: str) -> None:
    with pytest.raises(KeyError) as caught:
        course.find(name)
    assert says in caught.value.args[0]


def test_next_is_the_first_that_is_not_done(course: Course) -> None:
    found = course.next()
    assert found is not None and found.name == "L01/outer-product"
    passed(course, "outer-product")
    course.progress.solution_shown("pairwise_sum")
    passed(course, "pairwise-sum")
    found = course.next()
    assert found is not None and found.name == "L02/one-head"
    assert course.totals() == (2, 4) and course.minutes_left() == 20
    assert [e.status for e in course.entries()] == ["passed", "assisted", "new", "new"]
    passed(course, "one-head")
    passed(course, "many-heads")
    assert course.next() is None


def test_what_this_machine_cannot_judge_is_locked_and_passed_over(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = module.exercises()
    lacking = dataclasses.replace(known["outer_product"], package="no_such_package")
    monkeypatch.setattr(module, "exercises", lambda: {**known, "outer_product": lacking})
    entry, found = course.find("outer-product"), course.next()
    assert entry.shown == "locked" and "gradatim[no_such_package]" in entry.exercise.locked
    assert found is not None and found.name == "L01/pairwise-sum"
    assert course.totals() == (0, 3) and course.minutes_left() == 30
    passed(course, "outer-product")  # on another machine: what is done stays done
    assert course.find("outer-product").shown == "passed" and course.totals() == (1, 4)


def test_changed_content_keeps_the_pass_and_shows_the_change(course: Course) -> None:
    passed(course, "outer-product")
    entry = course.find("outer-product")
    assert not entry.stale
    (entry.exercise.folder / "answer.py").write_text("changed")
    # A desk that is open goes on with the exercise as it was; the next one reads it anew.
    entry = course.entry(dataclasses.replace(entry.exercise), entry.lesson)
    assert entry.stale and entry.done and dataclasses.replace(entry, stale=False).name == entry.name


TASK = """\
title = "One"
kind = "implement"
task = "Add one."
minutes = 10
difficulty = 1
importance = 1
tier = "A"
entry = ["one"]
hints = ["a", "b", "c"]
after = "That was all."

[[forbids]]
ops = ["add"]
says = "without add"

[[mistakes]]
name = "two"
says = "two were added"
check = "one"
edits = [["1", "2"]]
"""


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("exercise.toml", '"a"', '"another hint"', False),
        ("exercise.toml", "two were", "one too many was", False),
        ("exercise.toml", "without add", "no addition", False),
        ("exercise.toml", "That was all.", "It costs one addition.", False),
        ("exercise.toml", "minutes = 10", "minutes = 15", False),
        ("answer.py", "return", "# because\n\n    return", False),
        ("exercise.toml", "Add one.", "Add one, in place.", True),
        ("exercise.toml", '["add"]', '["add", "sub"]', True),
        ("exercise.toml", 'entry = ["one"]', 'entry = ["one", "two"]', True),
        ("start.py", "...", '"""Adds one."""', True),
        ("answer.py", "1", "1.0", True),
        ("test_one.py", "one(2)", "one(3)", True),
    ],
)
def test_content_has_changed_only_where_what_is_asked_or_what_passes_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str, stale: bool
) -> None:
    monkeypatch.setattr("exercises.CHECKS", tmp_path)
    folder = tmp_path / "topic" / "one"
    folder.mkdir(parents=True)
    (folder / "exercise.toml").write_text(TASK)
    (folder / "start.py").write_text("def one(x):\n    ...\n")
    (folder / "answer.py").write_text("def one(x):\n    return x + 1\n")
    (folder.parent / "test_one.py").write_text('def test_one():\n    observe("one", one(2))\n')
    before = _read(folder).content_hash
    assert before == _read(folder).content_hash
    path = folder.parent / file if file.startswith("test") else folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert (_read(folder).content_hash != before) == stale


def test_a_run_gets_the_last_text_that_passed_of_the_last_exercise_of_its_slot(course: Course) -> None:
    assert course.parts() == {}
    passed(course, "one-head", "one")
    course.progress.attempt("one_head", "later, and wrong", Report("one_head", "failed"))
    assert course.parts() == {"attention": "one"}
    passed(course, "many-heads", "many")
    passed(course, "many-heads", "many, better")
    assert course.parts() == {"attention": "many, better"}


def test_quiz_items_are_the_public_functions_of_the_deck(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    (tmp_path / "quiz").mkdir()
    (tmp_path / "quiz" / "01_shapes.py").write_text(
        "import torch_is_not_needed\ndef b(rng): ...\ndef _h(): ...\ndef a(rng): ...\n"
    )
    assert course.quiz_items(course.lessons()[0]) == ["b", "a"]
    assert course.quiz_items(course.lessons()[1]) == []


def test_what_is_read_ahead_of_tables_and_pages_is_what_the_whole_file_says() -> None:
    for one in exercises().values():
        whole = tomllib.loads(one.text("exercise.toml"))
        tables = {name: whole.pop(name, []) for name in ("mistakes", "forbids")}
        assert {key for key in whole if not hasattr(one, key)} == set(one.extra), one.id
        assert (one.title, one.minutes) == (whole["title"], whole["minutes"])
        assert [mistake.name for mistake in one.mistakes] == [table["name"] for table in tables["mistakes"]]
        assert [rule.says for rule in one.forbids] == [table["says"] for table in tables["forbids"]]
    for lesson in lessons.lessons():
        named = [block.exercise for page in lesson.pages for block in page.blocks if block.kind == "exercise"]
        assert lesson.exercises == tuple(dict.fromkeys(named)), lesson.id


def test_the_map_reads_of_an_exercise_what_it_shows_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "topic" / "one"
    folder.mkdir(parents=True)
    (folder / "exercise.toml").write_text(TASK)
    read: list[str] = []
    real = tomllib.loads

    def loads(text: str) -> dict[str, Any]:
        read.append(text)
        return real(text)

    monkeypatch.setattr("exercises.tomllib.loads", loads)
    one = _read(folder)
    assert one.title == "One" and len(read) == 1 and "hints" not in read[0] and "mistakes" not in read[0]
    assert one.hints == ("a", "b", "c") and one.after == "That was all."
    assert one.mistakes[0].name == "two" and one.forbids[0].ops == ("add",)
    assert len(read) == 2, "the rest is read once"


def test_a_key_that_the_map_would_not_see_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exercises.ROOT", tmp_path)
    folder = tmp_path / "topic" / "one"
    folder.mkdir(parents=True)
    (folder / "exercise.toml").write_text(TASK.replace("[[forbids]]", 'slot = "gpt"\n[[forbids]]'))
    with pytest.raises(ValueError, match=r"topic/one/exercise.toml: slot must stand above hints"):
        _ = _read(folder).hints


def test_without_hashing_nothing_counts_as_changed_and_no_file_is_read(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed(course, "outer-product")
    hashed: list[str] = []
    monkeypatch.setattr(Exercise, "content_hash", property(lambda one: hashed.append(one.id) or "another"))
    assert not any(entry.stale for entry in course.entries(hashed=False)) and not hashed
    assert [entry.exercise.id for entry in course.entries() if entry.stale] == hashed == ["outer_product"]
