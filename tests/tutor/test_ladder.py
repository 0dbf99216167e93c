"""The ladder says what is proven, and by what; nothing in it is unknown to the course."""

from __future__ import annotations

from pathlib import Path

from exercises import exercise
from graders.report import Report
from lessons import lessons
from tutor.course import Course
from tutor.ladder import TITLES, rungs
from tutor.progress import Progress


def test_a_rung_is_climbed_when_all_that_proves_it_is_done(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.sqlite3")
    course = Course(progress)
    before = {rung.id: rung for rung in rungs(course, {})}
    assert list(before) == list(TITLES) and not any(rung.done for rung in before.values())
    one = exercise("param_oracle")
    progress.attempt(one.id, "x", Report(one.id, "passed"), one.content_hash, "test")
    lines = {line.says: line for rung in rungs(Course(progress), {}) for line in rung.lines}
    assert lines["done when: predict output shape and parameter count"].done
    assert [proof.name for proof in lines["MLP as nn.Module"].proofs] == ["L05/two-layer-mlp"]
    assert not lines['autograd: what, resource, "why None / why slow"'].done
    progress.answered("L04", "why_none", 1, 0, True)
    found = {p.name: p.done for rung in rungs(Course(progress), {}) for line in rung.lines for p in line.proofs}
    assert found["L04 question why-none"] and not found["L04/grad-hygiene"]


def test_every_line_is_linked_to_something_that_the_course_has(tmp_path: Path) -> None:
    known = {f"{lesson.id}/{name.replace('_', '-')}" for lesson in lessons() for name in lesson.exercises}
    course = Course(Progress(tmp_path / "progress.sqlite3"))
    names = [proof.name for rung in rungs(course, {}) for line in rung.lines for proof in line.proofs]
    assert [name for name in names if "question" not in name and "capstone" not in name and name not in known] == []
