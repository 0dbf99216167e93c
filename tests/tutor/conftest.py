"""A learner's empty home, and the commands run in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exercises import exercise
from lessons import lessons
from tutor import cli, reach
from tutor.commands import context
from tutor.progress import Progress

FAKE = Path(__file__).with_name("fake_grader.py")
OPENED = ("progress", "course", "workspace", "settings")
FIRST = f"{lessons()[0].id}/{exercise(lessons()[0].exercises[0]).name}"
"""The first exercise of the course."""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRADATIM_DATA", str(tmp_path / "data"))
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`gradatim WORDS…` in this process, with a fake grader on a pipe; gives (exit code, stdout, stderr)."""
    monkeypatch.setenv("GRADATIM_GRADER", "stdio")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(reach, "module_command", lambda _, *words: [sys.executable, str(FAKE), *words])

    def go(*words: str) -> tuple[int, str, str]:
        for name in OPENED:
            context.desk.__dict__.pop(name, None)
        monkeypatch.setattr(sys, "argv", ["gradatim", *words])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        finally:
            if "progress" in context.desk.__dict__:
                context.desk.progress.close()
        out, err = capsys.readouterr()
        return code, out, err

    yield go
    for name in OPENED:
        context.desk.__dict__.pop(name, None)


def mine(home: Path, text: str) -> Path:
    """Write the learner's file of stable-softmax."""
    path = home / "broadcasting" / "stable_softmax.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def kept(home: Path) -> Progress:
    """The progress that the commands have kept."""
    return Progress(home.parent / "data" / "progress.sqlite3")
