"""In real terminals: two desks at once, Ctrl-C anywhere, a desk that is killed, and what is there afterwards."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exercises import exercise
from lessons import lessons
from tests.test_journey import Terminal, terminal  # noqa: F401 - the fixture
from tutor.progress import Progress

FIRST = exercise(lessons()[0].exercises[0])
GRADATIM = [sys.executable, "-m", "tutor"]
SMALL = ["n_layer=1", "n_head=2", "n_embd=32", "block_size=32", "vocab_size=300", "tokens_per_step=256",
         "micro_batch=4", "device=cpu", "dtype=float32", "threads=1", "sample_every=-1",
         "eval_every=1000000"]  # fmt: skip
pytestmark = [pytest.mark.alone, pytest.mark.skipif(sys.platform == "win32", reason="signals and tmux")]


def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / FIRST.topic / f"{FIRST.id}.py"


def texts(tmp_path: Path) -> list[str]:
    """Every text that is kept, in whatever way."""
    with Progress(tmp_path / "data" / "progress.sqlite3") as progress:
        kept = [one.source for one in progress.attempts(FIRST.id)]
        kept += [one.source for one in progress.snapshots(FIRST.id)]
    path = file(tmp_path)
    return kept + [p.read_text() for p in (path, *path.parent.glob(f".{path.name}.*draft")) if p.exists()]


def to_bench(window: Terminal) -> None:
    """From the start to the first exercise, the cursor at the top of the file."""
    window.start(*GRADATIM)
    window.see(r"\d+ exercises")
    window.keys("n")
    window.see(r"page 1 of|F2 Check")
    if "page 1 of" in window.screen():
        window.keys("n")
    window.see(r"F2 Check")
    window.see(r"saved|restored")
    window.settle()
    window.keys("PPage", "PPage", "PPage", "Home")


@pytest.fixture
def two(terminal: Terminal) -> Iterator[tuple[Terminal, Terminal]]:  # noqa: F811
    other = Terminal(terminal.environment, "two")
    yield terminal, other
    other.close()


def test_two_desks_on_one_file_lose_nothing(two: tuple[Terminal, Terminal], tmp_path: Path) -> None:
    one, other = two
    to_bench(one)
    to_bench(other)
    one.keys(*"#one", "Enter", "F2")
    one.see(r"Not written yet")
    other.see(r"reloaded|Not written yet")  # noticed, and checked there too
    other.settle()
    assert "#one" in other.screen()
    # Both write now: whoever saves second is asked, and nothing is overwritten unasked.
    other.keys("PPage", "PPage", "PPage", *"#other", "Enter")
    other.see(r"unsaved")
    one.keys(*"#again", "Enter", "F2")
    other.see(r"Your file has changed elsewhere")
    assert "#again" in file(tmp_path).read_text() and "#other" not in file(tmp_path).read_text()
    time.sleep(1.0)  # a question that comes by itself takes no key at once
    other.keys("h")
    other.see(r"unsaved")
    other.keys("F2")
    other.see(r"Not written yet")
    one.see(r"reloaded|Not written yet")
    one.settle()
    one.keys("PPage", "PPage", "PPage")
    one.see(r"#other")
    for window in two:
        window.keys("C-q")
        window.gone()
    kept = texts(tmp_path)
    assert any("#again" in text and "#other" not in text for text in kept)
    assert any("#other" in text and "#again" not in text for text in kept)
    with Progress(tmp_path / "data" / "progress.sqlite3") as progress:
        assert len(progress.attempts(FIRST.id)) >= 3 and progress.notice == ""


@pytest.mark.parametrize(
    "number",
    [9, 15, pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long)],
    ids=["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"],
)
def test_a_desk_that_is_ended_while_one_types_has_it_all_afterwards(
    terminal: Terminal,  # noqa: F811
    tmp_path: Path,
    number: int,
) -> None:
    to_bench(terminal)
    terminal.keys("#")
    chance, typed, at = random.Random(number), "", []
    until = time.monotonic() + 1.5 + chance.random() * 2
    while time.monotonic() < until:
        letter = chance.choice("abcdefgh")
        terminal.keys(letter)
        typed += letter
        at.append(time.monotonic())
    os.kill(terminal.pid(), number)
    killed = time.monotonic()
    terminal.gone()
    old = "".join(letter for letter, when in zip(typed, at, strict=True) if killed - when > 1.0)
    assert len(old) > 3 and any(f"#{old}" in text for text in texts(tmp_path)), "on disk already"
    assert "Traceback" not in terminal.screen()
    terminal.close()
    to_bench(terminal)
    terminal.see(f"#{old[:12]}")


def test_a_desk_that_is_killed_while_it_saves_and_checks_has_one_text_or_the_other(
    terminal: Terminal,  # noqa: F811
    tmp_path: Path,
) -> None:
    for turn, pause in enumerate((0.0, 0.05, 0.15, 0.4)):
        to_bench(terminal)
        terminal.keys(*f"#turn{turn}", "Enter")
        time.sleep(1.0)
        terminal.keys("F2")
        time.sleep(pause)
        os.kill(terminal.pid(), signal.SIGKILL)
        terminal.gone()
        terminal.close()
        there = [text for text in texts(tmp_path) if all(f"#turn{n}\n" in text for n in range(turn + 1))]
        assert there, f"turn {turn} is nowhere"
        compile(file(tmp_path).read_text(), "file", "exec")  # never half a file
    to_bench(terminal)
    terminal.see(r"#turn3")
    terminal.see(r"#turn0")


def test_a_workspace_deleted_underneath_is_said_and_made_anew(terminal: Terminal, tmp_path: Path) -> None:  # noqa: F811
    import shutil

    to_bench(terminal)
    terminal.keys(*"#mine", "Enter", "F2")
    terminal.see(r"Not written yet")
    mine = file(tmp_path).read_text()
    shutil.rmtree(tmp_path / "home")
    terminal.see(r"your file was deleted")
    assert mine in texts(tmp_path), "in the history"
    terminal.keys(*"#more", "Enter")
    time.sleep(0.6)
    terminal.keys("F2")
    terminal.settle()
    assert "#more\n" in file(tmp_path).read_text() and "#mine\n" in file(tmp_path).read_text()
    shutil.rmtree(tmp_path / "home")
    terminal.keys("C-q")
    terminal.gone()
    assert any("#more" in text for text in texts(tmp_path)) and "Traceback" not in terminal.screen()


# -- Ctrl-C


@pytest.mark.parametrize(
    ("words", "shows"),
    [
        (["check", "stable-softmax", "--watch"], r"Watching"),
        (["quiz", "L03"], r"Your choice"),
        (["next", "--walk"], r"Enter goes on"),
        (["train", "--run", "RUN", "data=TEXT", *SMALL, "max_steps=1000000", "save_every=1000000"], r"step +\d"),
        pytest.param(["read", "L03", "--run"], r"page 1 of", marks=pytest.mark.long),
        pytest.param(["prove", "stable-softmax"], r"", marks=pytest.mark.long),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_ctrl_c_ends_a_command_without_a_traceback(
    terminal: Terminal,  # noqa: F811
    tmp_path: Path,
    words: list[str],
    shows: str,
) -> None:
    path = tmp_path / "home" / "broadcasting" / "stable_softmax.py"
    path.parent.mkdir(parents=True)
    path.write_text("def softmax(x, dim):\n    return x\n\n\nlog_softmax = softmax\n")
    terminal.environment["GRADATIM_CACHE"] = str(tmp_path / "cache")
    (tmp_path / "text.txt").write_text("the cat sees fish, and so it goes.\n\n" * 500)
    words = [w.replace("RUN", str(tmp_path / "run")).replace("TEXT", str(tmp_path / "text.txt")) for w in words]
    told = 'trap : INT; "$@"; echo "exit=$?"; sleep 600'  # it lives on, and what it starts hears Ctrl-C
    terminal.start("bash", "-c", told, "bash", *GRADATIM, *words)
    if shows:
        terminal.see(shows)
    else:
        time.sleep(2.0)
    terminal.keys("C-c")
    screen = terminal.see(r"exit=\d+")
    assert "Traceback" not in screen and "KeyboardInterrupt" not in screen, screen
    assert f"exit={0 if words[0] == 'train' else 130}" in screen, screen
    if words[0] == "train":
        assert "saving first" in screen and list((tmp_path / "run" / "checkpoints").iterdir())


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_ctrl_c_while_a_command_starts(tmp_path: Path, pause: float) -> None:
    environment = {**os.environ, "GRADATIM_HOME": str(tmp_path / "home"), "GRADATIM_DATA": str(tmp_path / "data")}
    with subprocess.Popen(
        [*GRADATIM, "list"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as child:  # fmt: skip
        time.sleep(pause)
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    assert "Traceback" not in err or "/tutor/" not in err, err  # before our first line Python speaks for itself


def test_ctrl_c_at_the_desk_copies_and_ends_nothing(terminal: Terminal) -> None:  # noqa: F811
    to_bench(terminal)
    terminal.keys("C-c", "C-c", "x")
    terminal.see(r"unsaved")
    assert "Traceback" not in terminal.screen()
