"""The whole path in a real terminal: first start, a lesson's code, an exercise passed, and kept for the next start."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exercises import exercise
from lessons import lessons

ROOT = Path(__file__).parents[1]
PATIENCE = 90.0
"""Seconds; a cold grader loads torch first, and the machine may be busy with other tests."""


class Terminal:
    """A program in a tmux window of 80×24, with a learner at the keys."""

    def __init__(self, environment: dict[str, str], name: str = "one") -> None:
        self.name = f"gradatim-{os.getpid()}-{name}"
        self.environment = environment

    def tmux(self, *words: str) -> str:
        command = ["tmux", "-L", self.name, "-f", os.devnull, *words]
        environment = {**os.environ, **self.environment, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def start(self, *command: str) -> None:
        self.tmux("new-session", "-d", "-s", "t", "-x", "80", "-y", "24", *command)
        self.tmux("set-option", "-g", "remain-on-exit", "on")

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p", "-t", "t")

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", "-t", "t", *keys)

    def paste(self, file: Path) -> None:
        self.tmux("load-buffer", str(file))
        self.tmux("paste-buffer", "-p", "-t", "t")

    def see(self, pattern: str) -> str:
        """Wait until the screen shows this; returns the screen."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, screen := self.screen()):
            assert time.monotonic() < deadline, f"{pattern!r} never came; the screen is\n{screen}"
            time.sleep(0.1)
        return screen

    def settle(self) -> None:
        """Wait until the screen has stood still for a moment, as a reader would."""
        deadline = time.monotonic() + PATIENCE
        before, screen = "", self.screen()
        while before != screen:
            assert time.monotonic() < deadline, f"it never rests; the screen is\n{screen}"
            time.sleep(0.7)
            before, screen = screen, self.screen()

    def gone(self) -> None:
        """Wait until the program has ended."""
        deadline = time.monotonic() + PATIENCE
        while self.tmux("display-message", "-p", "-t", "t", "#{pane_dead}").strip() != "1":
            assert time.monotonic() < deadline, f"it does not end; the screen is\n{self.screen()}"
            time.sleep(0.1)

    def pid(self) -> int:
        """The program's process."""
        return int(self.tmux("display-message", "-p", "-t", "t", "#{pane_pid}"))

    def status(self) -> int:
        """The exit code of a program that has ended."""
        self.gone()
        deadline = time.monotonic() + 5
        while not (code := self.tmux("display-message", "-p", "-t", "t", "#{pane_dead_status}").strip()):
            assert time.monotonic() < deadline, "a signal has ended it"
            time.sleep(0.1)
        return int(code)

    def close(self) -> None:
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            self.tmux("kill-server")
            while True:  # until it has gone: the next one takes the same name
                self.tmux("list-sessions")
                time.sleep(0.05)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed; with it this test walks the whole path in a real terminal")
    runtime = Path(tempfile.mkdtemp(prefix="g", dir="/tmp"))  # short: a socket's path must be
    environment = {
        "GRADATIM_HOME": str(tmp_path / "home"),
        "GRADATIM_DATA": str(tmp_path / "data"),
        "GRADATIM_SOCKET": str(runtime / "g.sock"),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    made = Terminal(environment)
    yield made
    made.close()
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.connect(str(runtime / "g.sock"))
        line.sendall(b'{"id": 1, "do": "quit"}\n')
        line.settimeout(10)
        line.recv(1)
    shutil.rmtree(runtime, ignore_errors=True)


@pytest.mark.alone
def test_from_the_first_start_to_a_pass_that_is_kept(terminal: Terminal, tmp_path: Path) -> None:
    first = exercise(lessons()[0].exercises[0])
    gradatim = [sys.executable, "-m", "tutor"]
    home, data = tmp_path / "home", tmp_path / "data"

    # The first start: a welcome, and the map.
    terminal.start(*gradatim)
    terminal.see(r"Welcome")
    terminal.see(rf"· new +{first.title}")

    # Into the lesson; its first code asks for a prediction, then runs.
    terminal.keys("n")
    terminal.see(r"page 1 of \d")
    terminal.keys("r")
    terminal.see(r"your prediction")
    terminal.keys("zero", "Enter")
    screen = terminal.see(r"torch\.int64 cannot")
    assert "zero" in screen, "the prediction stays beside the answer"

    # On to the exercise: the stub fails kindly, the answer passes.
    terminal.keys("n")
    terminal.see(rf"Your file defines {', '.join(first.entry)}")
    file = home / first.topic / f"{first.id}.py"
    assert file.read_text() == first.text("start.py")
    terminal.keys("F2")
    terminal.see(r"Not written yet")
    terminal.settle()
    terminal.keys("F7")  # select all
    terminal.paste(first.folder / "answer.py")
    terminal.see(r"unsaved")
    terminal.keys("F2")
    terminal.see(r"✓ passed")
    assert file.read_text() == first.text("answer.py")
    terminal.keys("C-q")
    terminal.gone()
    terminal.close()

    # The next start knows it.
    terminal.start(*gradatim)
    screen = terminal.see(r"1 of \d+ exercises done")
    assert re.search(rf"✓ passed +{first.title}", screen) and "Welcome" not in screen
    terminal.keys("q")
    terminal.gone()

    # So do the commands: the same progress, the same history.
    environment = {**os.environ, **terminal.environment, "GRADATIM_DATA": str(data)}
    done = subprocess.run(
        [*gradatim, "history", first.name, "--json"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert [row["what"] for row in json.loads(done.stdout)["history"]][-1] == "passed"
