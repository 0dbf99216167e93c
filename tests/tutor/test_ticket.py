"""Reports ready to paste, errors that offer one, keys that say why not, and a palette that runs what it finds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette

from exercises import exercise
from graders.report import Check, Mistake, Report
from tests.tutor.conftest import Run
from tests.tutor.fakes import ANSWER, NAIVE
from tests.tutor.picture import rows
from tests.tutor.test_screens import opened, settle, until
from tutor import ticket
from tutor.progress import Progress
from tutor.screens.base import Dialog
from tutor.screens.exercise import Bench
from tutor.screens.home import Home
from tutor.screens.lesson import Reader
from tutor.screens.telling import save_ticket
from tutor.settings import Settings

FAILED = Report(
    "stable_softmax",
    "failed",
    (
        Check("runs", "It runs", "passed"),
        Check("test_large", "Large inputs stay finite", "failed", "nan\ninstead of 1", {"expected": 1.0, "got": "nan"}),
    ),
    (Mistake("no-shift", "exp overflows"),),
    seed=77,
)


def saved(home: Path) -> list[Path]:
    return sorted((home / "reports").glob("*.md"))


# -- the text


def test_the_command_tells_what_is_to_be_known_and_no_code_unasked(run: Run, home: Path) -> None:
    code, out, _ = run("report-exercise", "stable-softmax")
    assert code == 0 and "it was never checked" in out and "submission  none" in out
    path = home / "broadcasting" / "stable_softmax.py"
    path.parent.mkdir(parents=True)
    path.write_text("my_secret = 1\n")
    with Progress(home.parent / "data" / "progress.sqlite3") as progress:
        progress.attempt("stable_softmax", "my_secret = 1\n", FAILED)
        progress.hint_shown("stable_softmax", 2)
    code, out, err = run("report-exercise", "L03/stable_softmax")
    content = exercise("stable-softmax").content_hash
    for words in (
        f"exercise    L03/stable-softmax, content {content}",
        "hints read: 2",
        "failed, 1 of 2 checks, seed 77",
        "test_large: Large inputs stay finite",
        "message     nan instead of 1",
        "expected    1.0",
        "named       no-shift",
        "again       gradatim check L03/stable-softmax --seed 77",
        "Python 3.",
        "torch ",
        "textual 8",
    ):
        assert words in out, words
    assert "my_secret" not in out and ticket.fingerprint("my_secret = 1\n") in out
    assert saved(home)[-1].read_text() == out and "Saved as" in err
    assert "my_secret = 1" in run("report-exercise", "stable-softmax", "--code")[1]
    assert run("report-exercise", "stable-sofmax")[0] == 2


def test_a_fingerprint_tells_texts_apart() -> None:
    assert ticket.fingerprint("a\n") == ticket.fingerprint("a\n") != ticket.fingerprint("b\n")
    assert re.fullmatch(r"sha256 [0-9a-f]{16}, 2 lines", ticket.fingerprint("a\nb\n"))


# -- on screen


@pytest.mark.parametrize("way", ["key", "palette"])
async def test_an_exercise_is_reported_from_the_bench(tmp_path: Path, way: str) -> None:
    async with opened(tmp_path, (100, 40)) as (app, pilot):
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        app.screen.code.editor.replace_all(NAIVE)
        await pilot.press("f2")
        await settle(pilot)
        if way == "key":
            await pilot.press("escape", "exclamation_mark")
        else:
            await pilot.press("ctrl+p", *"report this")
            await until(pilot, lambda: "Report this exercise" in "\n".join(rows(app)))
            await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        assert "ready to paste" in app.screen.heading and ticket.fingerprint(NAIVE) in app.screen.text
        (path,) = saved(app.workspace.home)
        assert "test_large" in path.read_text() and str(path) in app.screen.text
        await pilot.press("c")
        await settle(pilot)
        assert app.clipboard == path.read_text() and isinstance(app.screen, Bench)


async def test_an_error_of_ours_can_be_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path / "settings.json")
    async with opened(tmp_path, raise_errors=False, settings=settings) as (app, pilot):

        async def fail(*_: object) -> None:
            raise RuntimeError("the map is upside down")

        monkeypatch.setattr(Home, "action_next", fail)
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("s")
        await settle(pilot)
        (path,) = saved(app.workspace.home)
        text = path.read_text()
        assert text.startswith("# RuntimeError: the map is upside down") and "where     Home" in text
        assert "Traceback" in text and isinstance(app.screen, Dialog)
        await pilot.press("o")
        await settle(pilot)
        assert isinstance(app.screen, Home)


async def test_where_it_cannot_be_saved_it_is_shown_all_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        app.workspace.home.mkdir(parents=True, exist_ok=True)
        (app.workspace.home / "reports").write_text("in the way")
        save_ticket(app, "x", "# the text")
        await settle(pilot)
        assert "could not be saved" in app.screen.text and "# the text" in app.screen.text


# -- why not


def told(app: Any) -> list[str]:
    return [note.message for note in app._notifications]


async def test_a_key_that_can_do_nothing_now_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("v")
        assert "Nothing is due again yet" in told(app)[-1]
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("left")
        assert isinstance(app.screen, Reader) and told(app)[-1] == "This is the first page."
        await pilot.press("right")
        await settle(pilot)
        await pilot.press("right")
        assert told(app)[-1] == "This is the last page; n goes on."
        await pilot.press("r")
        assert told(app)[-1] == "There is no code on this page."
        await pilot.press("n")
        await settle(pilot)
        bench = app.screen
        assert isinstance(bench, Bench)
        await pilot.press("f8")
        assert "once it has passed" in told(app)[-1] and app.screen is bench
        await pilot.press("escape", "l")
        assert "F2 checks it" in told(app)[-1]
        await pilot.press("n")
        assert "once it has passed" in told(app)[-1] and app.screen is bench
        await pilot.press("f1")
        await settle(pilot)
        assert any("(not now)" in words for _, words in app.screen.keys)


async def test_a_letter_typed_is_a_letter_and_no_refusal(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        await pilot.press("n", "l")
        assert "nl" in app.screen.code.editor.text and told(app) == []


# -- the palette


async def test_the_palette_runs_what_a_key_does_here(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        app.screen.code.editor.replace_all(ANSWER)
        await pilot.press("ctrl+p", *"save the file and")
        await until(pilot, lambda: "the key is F2" in "\n".join(rows(app)))
        assert isinstance(app.screen, CommandPalette)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.fake.checked == [ANSWER])
        # A letter of the panel, while the editor has the focus.
        await pilot.press("ctrl+p", *"solution beside")
        await until(pilot, lambda: "the key is s" in "\n".join(rows(app)))
        await pilot.press("down", "enter")
        await until(pilot, lambda: not isinstance(app.screen, (CommandPalette, Bench)))


async def test_a_long_text_leaves_room_for_the_answers(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        save_ticket(app, "x", "a line\n" * 60)
        await settle(pilot)
        assert any("OK" in row and "copy it" in row for row in rows(app)), "\n".join(rows(app))
