"""The quick way to a verdict says and keeps what the long way does, and leaves to it whatever is not plain."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lessons import home_of, lessons
from tests.tutor.conftest import FAKE, Run
from tutor import quick
from tutor.commands import context
from tutor.progress import Progress


@pytest.fixture
def warm(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fake grader that listens, and nothing of an earlier test's desk."""
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        path = Path(folder) / "g.sock"
        monkeypatch.setenv("GRADATIM_SOCKET", str(path))
        process = subprocess.Popen([sys.executable, str(FAKE), "--socket", str(path)])
        try:
            while not path.exists():
                time.sleep(0.01)
            yield
        finally:
            process.kill()
            process.wait()
            leave()


def leave() -> None:
    """Let the desk of this process open its things anew."""
    if "progress" in context.desk.__dict__:
        context.desk.progress.close()
    for name in ("progress", "course", "workspace"):
        context.desk.__dict__.pop(name, None)


def mine(home: Path, text: str) -> Path:
    path = home / "broadcasting" / "stable_softmax.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(("text", "code"), [("right", 0), ("wrong", 1)])
def test_both_ways_say_and_keep_the_same(
    warm: None, run: Run, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    text: str, code: int,
) -> None:  # fmt: skip
    mine(home, text)
    long_code, long, _ = run("check", "stable-softmax", "--seed", "7")
    monkeypatch.delenv("GRADATIM_GRADER")
    leave()
    assert quick.check(["check", "stable-softmax", "--seed", "7"]) == long_code == code
    short = capsys.readouterr().out
    strip = [line for line in short.splitlines() if "pid" not in line]
    assert strip == [line for line in long.splitlines() if "pid" not in line]
    with Progress(home.parent / "data" / "progress.sqlite3") as progress:
        first, second = progress.attempts("stable_softmax")
        assert (first.status, first.source, first.hash) == (second.status, second.source, second.hash)


@pytest.mark.parametrize(
    "words",
    [
        "check", "check stable-softmax --json", "check --watch stable-softmax", "check stable-softmx", "list",
        "check stable-softmax masked-mean", "check L04/stable-softmax", "check stable-softmax --seed x",
        "check stable-softmax --file -", "check --file", "check masked-mean", "check stable-softmax --debug",
    ],
)  # fmt: skip
def test_all_else_is_left_to_the_long_way(warm: None, home: Path, words: str) -> None:
    mine(home, "right")
    assert quick.check(words.split()) is None


@pytest.mark.parametrize("text", ["die", "break"])
def test_a_grader_that_fails_is_left_to_the_long_way(
    warm: None, home: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine(home, text)
    monkeypatch.setattr("tutor.paths.SILENCE_SECONDS", 2.0)
    assert quick.check(["check", "stable-softmax"]) is None
    assert not (home.parent / "data").exists(), "nothing was judged, so nothing is kept"


def test_without_a_grader_it_is_left_to_the_long_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADATIM_SOCKET", "/tmp/no-such-socket")
    mine(home, "right")
    assert quick.check(["check", "stable-softmax"]) is None


def test_the_lesson_of_an_exercise_is_found_without_reading_lessons() -> None:
    for lesson in lessons():
        assert {home_of(name) for name in lesson.exercises} == {lesson.id}
    assert home_of("no_such_exercise") is None


def test_it_loads_none_of_the_libraries_of_the_commands(warm: None, home: Path) -> None:
    mine(home, "right")
    code = (
        "import sys; from tutor import quick; assert quick.check(['check', 'stable-softmax']) == 0; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), timeout=60
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "tutor.quick" in loaded
    assert not loaded & {"typer", "rich", "textual", "asyncio", "pydantic", "torch", "numpy"}
