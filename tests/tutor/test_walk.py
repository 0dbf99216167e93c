"""The linear mode, what it says aloud, the machine-readable state, and the note for AI assistants."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from exercises import exercise
from graders.report import Check, Mistake, Report
from lessons import lessons
from tests.tutor.conftest import Run
from tutor.commands.walk import spoken
from tutor.progress import Progress
from tutor.settings import Settings
from tutor.workspace import ASSISTANTS, Workspace

FIRST = lessons()[0]
FIRST_EXERCISE = exercise(FIRST.exercises[0])
DOOR = next(n for n, page in enumerate(FIRST.pages) if any(b.exercise == FIRST_EXERCISE.id for b in page.blocks))
Walk = Callable[..., str]


@pytest.fixture
def walk(run: Run, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """`gradatim next --walk` with these lines typed; gives what was printed."""

    def go(*lines: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        code, out, err = run("next", "--walk")
        assert code == 0, err
        return re.sub("…{100,}", "", out)

    return go


def kept(home: Path) -> Settings:
    return Settings(home.parent / "data" / "settings.json")


def at(home: Path, page: int) -> None:
    kept(home).set_page(FIRST.id, page)


def test_a_walk_reads_runs_and_is_left_and_gone_on_with(walk: Walk, home: Path) -> None:
    fences = len(FIRST.pages[0].fences)
    out = walk("my guess")
    assert out.startswith("Enter goes on.") and f"Page 1 of {len(FIRST.pages)}: {FIRST.pages[0].title}." in out
    assert "It prints:\n    ran 0" in out and "You said: my guess" in out
    assert out.endswith("You can go on at any time: gradatim next --walk\n"), "the end of the input leaves"
    out = walk(*[""] * fences, "", "stop")
    assert "Page 2 of" in out and kept(home).page(FIRST.id) == 1
    out = walk("stop")
    assert "Page 1 of" not in out and "Page 2 of" in out, "it goes on where it was"
    out = walk(*[""] * len(FIRST.pages[1].fences), "what?", "back")
    assert "That is none of the words here. Enter alone goes on; otherwise back, again, stop." in out
    assert "Page 1 of" in out
    assert "\x1b" not in out, "nothing is redrawn"


def test_an_exercise_is_given_out_hinted_checked_and_passed(walk: Walk, home: Path) -> None:
    at(home, DOOR)
    fences = len(FIRST.pages[DOOR].fences)
    path = home / FIRST_EXERCISE.topic / f"{FIRST_EXERCISE.id}.py"
    out = walk(*[""] * fences, "hint", "hint", "read", "stop")
    assert FIRST_EXERCISE.title in out and path.exists()
    assert f"Hint 2 of 3: {FIRST_EXERCISE.hints[1]}" in out and "    import torch" in out
    path.write_text("wrong")
    out = walk(*[""] * fences, "", "stop")
    assert "not yet" in out and "✗ One" in out
    path.write_text("right")
    out = walk(*[""] * fences, "", "stop")
    assert f"L01/{FIRST_EXERCISE.name}  passed" in out
    with Progress(home.parent / "data" / "progress.sqlite3") as progress:
        assert progress.status(FIRST_EXERCISE.id) == "passed" and progress.hints(FIRST_EXERCISE.id) == 2
        assert [attempt.status for attempt in progress.attempts(FIRST_EXERCISE.id)] == ["failed", "passed"]
    out = walk(*[""] * fences, "stop")
    assert "You have passed it." in out


def test_an_exercise_can_be_skipped_or_its_solution_shown(walk: Walk, home: Path) -> None:
    at(home, DOOR)
    fences = len(FIRST.pages[DOOR].fences)
    out = walk(*[""] * fences, "solution", "", "solution", "yes", "skip", "stop")
    assert out.count("It counts as assisted then.") == 2
    assert FIRST_EXERCISE.text("answer.py").splitlines()[0] in out
    with Progress(home.parent / "data" / "progress.sqlite3") as progress:
        assert progress.solution_seen(FIRST_EXERCISE.id)


def test_who_has_read_a_lesson_comes_to_its_exercises(walk: Walk, home: Path) -> None:
    at(home, len(FIRST.pages) - 1)
    out = walk("", "skip", "skip", "stop")
    assert "You have read it. Enter: its exercises." in out and "Page 1 of" in out and lessons()[1].title in out
    named = [exercise(name).title for name in FIRST.exercises]
    assert all(out.count(title) == 1 for title in named), "each once, and then the next lesson"
    assert f"Page 1 of {len(FIRST.pages)}: {FIRST.pages[0].title}" in walk("again", "stop")


def test_drawn_questions_are_drawn_inside_a_walk(walk: Walk, home: Path) -> None:
    lesson = next(one for one in lessons() if any(exercise(e).kind == "predict" for e in one.exercises))
    drawn = next(exercise(e) for e in lesson.exercises if exercise(e).kind == "predict")
    with Progress(home.parent / "data" / "progress.sqlite3") as progress:
        for one in lessons()[: lesson.number]:
            for name in one.exercises:
                if name != drawn.id:
                    progress.attempt(name, "x", Report(name, "passed"), exercise(name).content_hash)
    kept(home).set_page(lesson.id, len(lesson.pages) - 1)
    walk("", "stop")
    assert (home / drawn.topic / f"{drawn.id}.py").read_text().startswith("# questions of ")


def test_a_page_is_spoken_without_marks() -> None:
    text = (
        "### Head\n**Bold** and *thin*, `a * b`, 2 * 3.\n\n```text\nx ** 2\n```\n\n"
        "| dtype | bytes |\n| --- | --- |\n| int8 | 1 |\n\n* one"
    )
    assert spoken(text) == (
        "Head\nBold and thin, `a * b`, 2 * 3.\n\nFigure:\nx ** 2\nEnd of the figure.\n\nint8: bytes 1\n\n* one"
    )
    for lesson in lessons():
        for page in lesson.pages:
            for block in page.blocks:
                if block.kind == "text":
                    said = spoken(block.text)
                    prose = re.sub(r"Figure:\n.*?End of the figure\.|`[^`]*`", "", said, flags=re.DOTALL)
                    assert "**" not in prose and not re.search(r"^\||^#", prose, re.MULTILINE), said


def test_next_as_json_says_what_a_tutor_needs(run: Run, home: Path) -> None:
    document = json.loads(run("next", "--json")[1])
    assert document["version"] == 1 and document["done"] == 0 and document["tested_out"] == []
    coming = document["next"]
    assert coming["id"] == FIRST_EXERCISE.id and coming["page_of_exercise"] == DOOR + 1
    assert not coming["started"] and coming["page_read_last"] is None and coming["last_verdict"] is None
    at(home, 2)
    with Progress(home.parent / "data" / "progress.sqlite3") as progress:
        failed = Check("test_one", "It is one", "failed", "2 instead of 1")
        report = Report(FIRST_EXERCISE.id, "failed", (failed,), (Mistake("twice", "Did you add it twice?"),))
        progress.attempt(FIRST_EXERCISE.id, "x", report)
        progress.hint_shown(FIRST_EXERCISE.id, 1)
    coming = json.loads(run("next", "--json")[1])["next"]
    assert coming["attempts"] == 1 and coming["hints_read"] == 1 and coming["page_read_last"] == 3
    verdict = coming["last_verdict"]
    assert verdict["failed_check"] == "It is one" and verdict["mistakes"] == ["Did you add it twice?"]
    assert run("next", "--json", "--walk")[0] == 2


def test_a_note_for_assistants_is_written_once_and_never_again(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    note = tmp_path / "home" / "AGENTS.md"
    workspace.give(FIRST_EXERCISE, "x")
    text = note.read_text()
    assert text == ASSISTANTS.read_text() and "next --json" in text and "progress --json" in text
    note.unlink()
    workspace.give(exercise("stable-softmax"))
    assert not note.exists(), "deleted is deleted"
    other = Workspace(tmp_path / "other")
    other.home.mkdir()
    (other.home / "AGENTS.md").write_text("mine")
    other.give(FIRST_EXERCISE, "x")
    assert (other.home / "AGENTS.md").read_text() == "mine"


def test_every_command_that_the_note_names_is_there(run: Run) -> None:
    for words in re.findall(r"`gradatim ([a-z]+ --json)`", ASSISTANTS.read_text()):
        assert json.loads(run(*words.split())[1])["version"] == 1, words
