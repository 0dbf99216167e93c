"""The commands of the course: what each prints, its exit code, and that a wrong word gets the right one."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exercises import exercise
from lessons import lessons
from tests.tutor.conftest import FIRST, Run, kept, mine
from tutor.commands import context
from tutor.progress import Answer, Progress

# -- the way in


def test_without_a_terminal_it_says_how_to_use_the_commands(run: Run) -> None:
    code, out, err = run()
    assert code == 2 and out == "" and "gradatim next" in err and "gradatim --help" in err


def test_version_and_help(run: Run) -> None:
    code, out, _ = run("--version")
    assert code == 0 and out.startswith("gradatim")
    code, out, _ = run("--help")
    assert code == 0
    for name in ("list", "read", "quiz", "start", "check", "progress", "train", "doctor", "prove", "new"):
        assert f" {name} " in out


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("lsit",), "list"),
        (("check", "stable-softmx"), "L03/stable-softmax"),
        (("start", "L04/stable-softmax"), "L03"),
        (("read", "broadcastin"), "broadcasting"),
        (("quiz", "L03", "--item", "aline-right"), "align-right"),
        (("read", "L03", "--page", "99"), "pages"),
        (("train", "--run", "r", "max_step=3"), "max_steps"),
        (("watch", "nowhere"), "gradatim train --run"),
        (("check", "--nonsense"), "--nonsense"),
    ],
)
def test_a_wrong_word_gets_one_sentence_and_exit_2(run: Run, words: tuple[str, ...], near: str) -> None:
    code, out, err = run(*words)
    assert code == 2, err
    assert near in err and "Traceback" not in err and out == ""


def test_what_breaks_is_one_line_unless_debug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the roof fell in")

    monkeypatch.setattr(context.Desk, "course", property(broken))
    code, _, err = run("list")
    assert code == 3 and "RuntimeError: the roof fell in" in err and "Traceback" not in err
    with pytest.raises(RuntimeError):
        run("list", "--debug")


# -- the course in text


def test_list_and_its_json(run: Run) -> None:
    code, out, _ = run("list")
    assert code == 0 and "L03" in out and "· stable-softmax" in out
    code, out, err = run("list", "--json")
    document = json.loads(out)
    assert code == 0 and err == "" and document["version"] == 1
    assert "L03" in [lesson["id"] for lesson in document["lessons"]]
    (softmax,) = (e for e in document["exercises"] if e["id"] == "stable_softmax")
    assert softmax["lesson"] == "L03" and softmax["status"] == "new" and softmax["started"] is False


def test_read_prints_pages_as_they_were_written(run: Run) -> None:
    from lessons import lesson

    first = lesson("L03").pages[0]
    code, out, _ = run("read", "broadcasting", "--page", "1")
    assert code == 0 and first.text.strip() in out and "page 1 of" in out
    _, whole, _ = run("read", "3")
    assert all(page.title in whole for page in lesson("L03").pages)


def test_read_run_shows_what_the_code_prints(run: Run) -> None:
    from lessons import lesson

    number = next(n for n, page in enumerate(lesson("L03").pages, 1) if page.fences)
    code, out, _ = run("read", "L03", "--page", str(number), "--run")
    assert code == 0 and "    ran 0" in out


def test_next_leads_from_step_to_step(run: Run, home: Path) -> None:
    code, out, _ = run("next")
    assert code == 0 and f"gradatim start {FIRST}" in out
    run("start", FIRST)
    assert f"gradatim hint {FIRST}" in run("next")[1]
    first = exercise(lessons()[0].exercises[0])
    (home / first.topic / f"{first.id}.py").write_text("right")
    assert run("check", FIRST)[0] == 0
    assert first.name not in run("next")[1]


def test_start_gives_the_stub_and_never_overwrites(run: Run, home: Path) -> None:
    code, out, _ = run("start", "L03/stable_softmax")
    path = home / "broadcasting" / "stable_softmax.py"
    assert code == 0 and str(path) in out
    assert path.read_text() == exercise("stable-softmax").text("start.py")
    path.write_text("mine")
    assert "already" in run("start", "stable-softmax")[1] and path.read_text() == "mine"


def test_a_drawn_exercise_gets_its_questions_from_the_grader(run: Run, home: Path) -> None:
    drawn = exercise("trace-backward")
    assert drawn.kind == "predict"
    if run("start", "trace-backward")[0] == 2:
        pytest.skip("no lesson asks for trace-backward yet")
    text = (home / drawn.topic / "trace_backward.py").read_text()
    assert text.startswith("# questions of ")
    run("reset", "trace-backward")
    assert (home / drawn.topic / "trace_backward.py").read_text() != text, "a reset draws anew"


def test_hints_come_one_after_the_other_and_are_noted(run: Run, home: Path) -> None:
    hints = exercise("stable-softmax").hints
    shown = [run("hint", "stable-softmax")[1] for _ in range(4)]
    assert [hints[n] in text for n, text in zip((0, 1, 2, 2), shown, strict=True)] == [True] * 4
    with kept(home) as progress:
        assert progress.hints("stable_softmax") == 3


def test_solution_counts_as_assisted(run: Run, home: Path) -> None:
    code, out, err = run("solution", "stable-softmax")
    assert code == 0 and out.strip() == exercise("stable-softmax").text("answer.py").strip()
    assert "assisted" in err
    mine(home, "right")
    run("check", "stable-softmax")
    assert "◐ stable-softmax" in run("list")[1]


def test_reset_keeps_the_text_and_history_brings_it_back(run: Run, home: Path) -> None:
    path = mine(home, "wrong v1")
    run("check", "stable-softmax")
    path.write_text("wrong v2")
    assert run("reset", "stable-softmax")[0] == 0
    assert path.read_text() == exercise("stable-softmax").text("start.py")
    code, out, _ = run("history", "stable-softmax")
    assert code == 0 and "failed" in out and "before reset" in out
    assert run("history", "stable-softmax", "--show", "1")[1] == "wrong v1\n"
    (home / "broadcasting" / "stable_softmax.py").write_text("wrong v2\n")
    out = run("history", "stable-softmax", "--diff", "1")[1]
    assert "-wrong v1\n+wrong v2" in out and "--- number 1" in out
    (home / "broadcasting" / "stable_softmax.py").write_text("wrong v1\n")
    assert "is what your file holds" in run("history", "stable-softmax", "--diff", "1")[1]
    assert run("history", "stable-softmax", "--restore", "2")[0] == 0
    assert path.read_text() == "wrong v2"
    document = json.loads(run("history", "stable-softmax", "--json")[1])
    assert [row["what"] for row in document["history"]] == ["failed", "before reset", "before restore"]
    code, _, err = run("history", "stable-softmax", "--show", "9")
    assert code == 2 and "no number 9" in err


def test_quiz_asks_and_notes_the_answers(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("nonsense\n2\n1\n"))
    code, out, err = run("quiz", "L03", "--count", "2")
    assert code == 1 and "Right." in out and "Not quite: it is b" in out and "1 of 2 right." in out
    assert "number from 1 to 2" in err
    with kept(home) as progress:
        assert [a.correct for a in progress.answers("L03")] == [True, False]
    monkeypatch.setattr(sys, "stdin", io.StringIO("2\n"))
    assert run("quiz", "L03", "--count", "1")[0] == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, out, _ = run("quiz", "L03", "--count", "1")
    assert code == 1 and "No question answered." in out


def test_review_asks_what_is_due_and_says_when_nothing_is(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    code, out, _ = run("review")
    assert code == 0 and out.startswith("Nothing is due: what you answer")
    with kept(home) as progress:
        progress.answered("L03", "align_right", 1, 0, True)
    code, out, _ = run("review")
    assert code == 0 and "Nothing is due today. The next of 1 comes back" in out
    assert json.loads(run("review", "--json")[1]) == {"version": 1, "due": []}
    long_ago = datetime.now(UTC) - timedelta(days=50)
    monkeypatch.setattr(Progress, "answers", lambda *_: [Answer(long_ago, "L03", "align_right", 1, 0, True)])
    monkeypatch.setattr(Progress, "passes", lambda _: [("stable_softmax", long_ago)])
    monkeypatch.setattr(sys, "stdin", io.StringIO("2\n"))
    code, out, _ = run("review")
    assert code == 0 and "1 of 1, L03" in out and "1 of 1 right" in out
    assert "gradatim reset L03/stable-softmax" in out
    assert [row["name"] for row in json.loads(run("review", "--json")[1])["due"]] == ["align-right", "stable-softmax"]


# -- progress


def test_progress_and_its_journey(run: Run, home: Path, tmp_path: Path) -> None:
    mine(home, "right")
    run("check", "stable-softmax")
    assert "L03" in run("progress")[1]
    document = json.loads(run("progress", "--json")[1])
    assert document["version"] == 1 and document["done"] == 1
    file = tmp_path / "p.json"
    assert run("progress", "export", str(file))[0] == 0
    assert run("progress", "export", str(file))[0] == 2
    assert "0 new" in run("progress", "import", str(file))[1]
    (home.parent / "data" / "progress.sqlite3").unlink()
    with suppress(FileNotFoundError):
        (home.parent / "data" / "progress.sqlite3-wal").unlink()
    assert "1 new" in run("progress", "import", str(file))[1]
    assert json.loads(run("progress", "--json")[1])["done"] == 1
    code, _, err = run("progress", "import", str(home / "broadcasting" / "stable_softmax.py"))
    assert code == 3 and "not a file that" in err


def test_a_damaged_progress_file_is_told_and_survived(run: Run, home: Path) -> None:
    data = home.parent / "data"
    data.mkdir()
    (data / "progress.sqlite3").write_bytes(b"not a database" * 100)
    code, out, err = run("list")
    assert code == 0 and "stable-softmax" in out and "was damaged" in err


# -- authors


def test_new_exercise_makes_files_that_can_be_read(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import exercises

    monkeypatch.setattr("tutor.paths.ROOT", tmp_path)
    code, out, _ = run("new", "exercise", "L03/never-written")
    assert code == 0 and "exercise:never-written" in out
    folder = tmp_path / "exercises" / "broadcasting" / "never_written"
    made = exercises._read(folder)
    assert made.name == "never-written" and made.entry == ("never_written",)
    for name in ("start.py", "answer.py", "other.py", "oracle.py"):
        compile(made.text(name), name, "exec")
    wrong = made.mistakes[0].source(made.text("answer.py"))
    assert wrong != made.text("answer.py")
    check_file = tmp_path / "graders" / "checks" / "broadcasting" / "test_never_written.py"
    compile(check_file.read_text(), "check", "exec")
    assert run("new", "exercise", "L03/never-written")[0] == 2
    assert run("new", "exercise", "never-written")[0] == 2
    assert run("new", "exercise", "L03/stable-softmax")[0] == 2
    assert run("new", "exercise", "L03/1st try")[0] == 2


# -- doctor


def test_doctor_finds_what_is_here(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = run("doctor", "--json")
    document = json.loads(out)
    found = {f["name"]: f for f in document["findings"]}
    assert err == "" and document["version"] == 1 and code == (0 if document["ok"] else 1)
    assert found["Python"]["ok"] is True and "threads" in found["torch"]["says"]
    assert "Landlock" in found["sandbox"]["says"] and found["your files"]["ok"] is True


def test_doctor_says_how_to_get_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    code, out, _ = run("doctor")
    assert code == 1 and "✗ torch" in out and "→ pip install torch" in out
