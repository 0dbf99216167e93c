"""A disk that is full, a place that is read-only: said in a sentence, nothing lost, and everything goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Disk
from tests.tutor.conftest import Run
from tests.tutor.fakes import ANSWER, NAIVE, START, FakeCourse, desk, report_for
from tests.tutor.picture import rows
from tests.tutor.test_screens import settle, until
from tutor import store
from tutor.progress import Progress, ProgressError
from tutor.screens.base import Dialog
from tutor.screens.exercise import Bench
from tutor.screens.home import Home
from tutor.screens.settings import SettingsPage
from tutor.settings import Settings
from tutor.workspace import Workspace


@pytest.fixture(autouse=True)
def try_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RETRY_SECONDS", 0.0)


def database(disk: Disk) -> Path:
    return disk.root / "data" / "progress.sqlite3"


def real_desk(disk: Disk, tmp_path: Path) -> Any:
    """The app on fakes, but with real progress and real settings on that disk."""
    app = desk(tmp_path, settings=Settings(disk.root / "data" / "settings.json"))
    app.progress = Progress(database(disk))
    app.course = FakeCourse(tmp_path / "course", app.progress)
    app.workspace = Workspace(disk.root / "home")
    return app


async def to_bench(app: Any, pilot: Any) -> Bench:
    await app.going.open_exercise(app.course.entries()[0])
    await settle(pilot)
    bench = app.screen_stack[-1] if isinstance(app.screen_stack[-1], Bench) else app.screen_stack[-2]
    assert isinstance(bench, Bench)
    return bench


def file(disk: Disk) -> Path:
    return disk.root / "home" / "broadcasting" / "stable_softmax.py"


def sources(disk: Disk) -> list[str]:
    with Progress(database(disk)) as progress:
        return [attempt.source for attempt in progress.attempts("stable_softmax")]


# -- progress


def test_what_a_full_disk_refuses_is_remembered_and_written_when_there_is_room(disk: Disk) -> None:
    progress, told = Progress(database(disk)), []
    progress.tell = told.append
    progress.attempt("softmax", "before", report_for("softmax", NAIVE))
    disk.fill()
    for number in range(40):
        progress.attempt("softmax", f"{number} " + "x" * 3000, report_for("softmax", NAIVE))
    progress.answered("L03", "one", 1, 0, True)
    assert len(progress.attempts("softmax")) == 41, "they count at once"
    assert len(told) == 1 and "the disk is full" in told[0]
    assert "could not be written" in progress.settle()
    with pytest.raises(ProgressError, match="the disk is full"):
        progress.snapshot("softmax", "about to be replaced", "reset")
    disk.free()
    progress.hint_shown("softmax", 2)
    assert progress.settle() == "" and told[1:] == ["Your progress can be written again; nothing of it was lost."]
    progress.close()
    with Progress(database(disk)) as again:
        assert len(again.attempts("softmax")) == 41 and len(again.answers("L03")) == 1 and again.hints("softmax") == 2
        assert [one.source for one in again.snapshots("softmax")] == ["about to be replaced"]


def test_a_first_start_on_a_full_or_read_only_disk(disk: Disk) -> None:
    (disk.root / "data").mkdir()
    disk.fill()
    progress = Progress(database(disk))
    assert "the disk is full" in progress.notice
    progress.attempt("softmax", "x", report_for("softmax", NAIVE))
    assert progress.status("softmax") == "tried"
    disk.free()
    progress.close()
    disk.protect()
    with Progress(database(disk)) as progress:
        assert "read-only" in progress.notice or "may not be written" in progress.notice
        assert [one.source for one in progress.attempts("softmax")] == ["x"], "what there is can be read"
        with pytest.raises(OSError, match="Read-only"):
            progress.export(disk.root / "out.json")


def test_a_file_that_is_deleted_while_it_is_open_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "data" / "progress.sqlite3"
    with Progress(path) as progress:
        progress.attempt("softmax", "one", report_for("softmax", NAIVE))
        for old in path.parent.iterdir():
            old.unlink()
        path.parent.rmdir()
        progress.attempt("softmax", "two", report_for("softmax", NAIVE))
    with Progress(path) as progress:
        assert [one.source for one in progress.attempts("softmax")] == ["one", "two"]


# -- the desk


async def test_the_desk_goes_on_with_a_full_disk_and_saves_when_there_is_room(disk: Disk, tmp_path: Path) -> None:
    app = real_desk(disk, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        bench = await to_bench(app, pilot)
        disk.fill()
        mine = NAIVE + "# " + "x" * 9000 + "\n"
        bench.code.editor.replace_all(mine)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        assert "The disk is full" in app.screen.text and str(file(disk)) in app.screen.text
        await pilot.press("o")
        await settle(pilot)
        assert "This looks like a known mistake" in "\n".join(rows(app)), "the check goes on"
        assert "not saved: the disk is full" in "\n".join(rows(app))
        assert file(disk).read_text() == START, "half a text was never written"
        disk.fill()  # the files of SQLite that were closed have left some room
        # Leaving and coming back, settings, another check: all go on, and the text is there.
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, Home))
        app.settings.set("ascii", "on")
        assert "the disk is full" in app.settings.problem
        bench = await to_bench(app, pilot)
        assert bench.code.editor.text == mine and "restored" in bench.code.note
        # Quitting asks.
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        assert "could not be saved" in app.screen.text and "of your progress could not be written" in app.screen.text
        await pilot.press("s")
        await settle(pilot)
        disk.free()
        await pilot.press("f2")
        await until(pilot, lambda: file(disk).read_text() == mine)
        await settle(pilot)
        await pilot.press("ctrl+q")
        await pilot.pause(0.3)
        assert not app._running or app._exit
    app.progress.close()
    assert sources(disk) == [mine, mine]
    app.settings.set("ascii", "off")
    assert json.loads((disk.root / "data" / "settings.json").read_text())["ascii"] == "off" and not app.settings.problem


async def test_nothing_is_reset_that_cannot_be_kept(disk: Disk, tmp_path: Path) -> None:
    app = real_desk(disk, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        bench = await to_bench(app, pilot)
        mine = NAIVE + "# " + "x" * 9000 + "\n"
        bench.code.editor.replace_all(mine)
        await pilot.press("f2")
        await settle(pilot)
        bench.code.editor.insert("# later\n" * 1000, (0, 0))
        disk.fill()
        await pilot.press("escape", "r")
        await settle(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Dialog) and "history" in app.screen.text)
        assert "the disk is full" in app.screen.text
        assert bench.code.editor.text.startswith("# later\n") and file(disk).read_text() == mine
        disk.free()
        await pilot.press("o")
        await settle(pilot)
    app.progress.close()


async def test_the_desk_on_a_read_only_disk_can_be_read_and_worked_with(disk: Disk, tmp_path: Path) -> None:
    with Progress(database(disk)) as progress:
        progress.attempt("stable_softmax", NAIVE, report_for("stable_softmax", NAIVE))
    disk.protect()
    app = real_desk(disk, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "✎ tried" in "\n".join(rows(app))
        (notice,) = app._notifications
        assert "cannot be written" in notice.message and "read-only" in notice.message
        app.clear_notifications()
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        bench = await to_bench(app, pilot)
        assert isinstance(app.screen, Dialog) and "read-only" in app.screen.text
        await pilot.press("o")
        await settle(pilot)
        assert bench.code.editor.text == START
        bench.code.editor.replace_all(ANSWER)
        await pilot.press("f2")
        await settle(pilot)
        assert "✓ Passed" in "\n".join(rows(app)) and not isinstance(app.screen, Dialog), "it is told in full once"
        await app.going.open_settings()
        await settle(pilot)
        assert isinstance(app.screen, SettingsPage)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert "Settings cannot be kept" in "\n".join(rows(app))
        disk.protect("rw")
        await pilot.press("escape", "ctrl+q")
        await pilot.pause(0.5)
    app.progress.close()
    assert file(disk).read_text() == ANSWER, "what could not be saved is saved once that can be done"
    assert sources(disk) == [NAIVE, ANSWER]


# -- the commands


def test_commands_on_a_read_only_disk(run: Run, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADATIM_HOME", str(disk.root / "home"))
    monkeypatch.setenv("GRADATIM_DATA", str(disk.root / "data"))
    path = file(disk)
    path.parent.mkdir(parents=True)
    path.write_text("right")
    assert run("check", "stable-softmax")[0] == 0
    disk.protect()
    for words in (("list",), ("next",), ("read", "L03"), ("hint", "stable-softmax"), ("progress",)):
        code, out, err = run(*words)
        assert code == 0 and out and "cannot be written" in err and "Traceback" not in err, words
    assert "✓ stable-softmax" in run("list")[1]
    code, out, err = run("check", "stable-softmax")
    assert code == 0 and "✓ One" in out and "The last entry of your progress could not be written" in err
    for words in (("start", "masked-mean"), ("reset", "stable-softmax"), ("settings", "ascii=on")):
        code, out, err = run(*words)
        assert code == 3 and "read-only" in err and "Traceback" not in err and "broke" not in err, (words, err)
    assert path.read_text() == "right"


def test_commands_on_a_full_disk(run: Run, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADATIM_HOME", str(disk.root / "home"))
    monkeypatch.setenv("GRADATIM_DATA", str(disk.root / "data"))
    path = file(disk)
    path.parent.mkdir(parents=True)
    path.write_text("wrong " + "x" * 20_000)
    assert run("check", "stable-softmax")[0] == 1
    disk.fill()
    code, out, err = run("check", "stable-softmax")
    assert code == 1 and "✗ One" in out, out
    assert "could not be written" in err and "the disk is full" in err, err
    for words in (("start", "masked-mean"), ("reset", "stable-softmax"), ("settings", "ascii=on"),
                  ("progress", "export", str(disk.root / "out.json"))):  # fmt: skip
        code, out, err = run(*words)
        assert code in (2, 3) and "Traceback" not in err and "broke" not in err, (words, err)
        assert "the disk is full" in err or "No space" in err, (words, err)
    assert path.read_text().startswith("wrong x") and not (disk.root / "out.json").exists()
    disk.free()
    assert run("reset", "stable-softmax")[0] == 0
    assert run("history", "stable-softmax")[1].count("failed") == 1
