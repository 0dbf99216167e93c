"""The workbench: checking, hints, solution, reset, history, and that no text is ever lost."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from textual.app import SuspendNotSupported

from tests.tutor.fakes import ANSWER, NAIVE, START, desk
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, opened, settle, until
from tutor.screens import buffer
from tutor.screens.base import Dialog
from tutor.screens.compare import Compare, aligned
from tutor.screens.exercise import Bench
from tutor.screens.history import History


async def to_bench(app: Any, pilot: Any) -> Bench:
    await app.going.open_exercise(app.course.entries()[0])
    await settle(pilot)
    assert isinstance(app.screen, Bench)
    return app.screen


async def until_seen(pilot: Any, words: str) -> None:
    """Without waiting for workers: the check is held back."""
    for _ in range(500):
        if words in "\n".join(rows(pilot.app)):
            return
        await pilot.pause(0.02)


def file(app: Any) -> Path:
    return app.workspace.home / "broadcasting" / "stable_softmax.py"


def draft(app: Any) -> Path:
    return file(app).with_name(f".stable_softmax.py.{buffer.WINDOW}.draft")


@pytest.mark.parametrize("size", SIZES)
async def test_bench_before_a_check(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        bench = await to_bench(app, pilot)
        compare(app, "bench")
        assert file(app).read_text() == START and bench.code.editor.has_focus
        assert app.fake.prepared == ["stable_softmax"]


@pytest.mark.parametrize("size", SIZES)
async def test_a_failed_check_names_the_mistake_and_shows_the_facts(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.replace_all(NAIVE + "print('x')\n")
        await pilot.press("f2")
        await settle(pilot)
        compare(app, "bench-failed")
        assert file(app).read_text() == NAIVE + "print('x')\n"
        assert [a.status for a in app.progress.attempts("stable_softmax")] == ["failed"]
        await pilot.press("escape", "end")
        await settle(pilot)
        compare(app, "bench-failed-facts")
        assert bench.panel.has_focus_within


@pytest.mark.parametrize("size", SIZES)
async def test_passing_tells_why_and_waits_for_the_learner(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.replace_all(ANSWER)
        await pilot.press("ctrl+s")
        await settle(pilot)
        compare(app, "bench-passed")
        assert app.screen is bench, "nothing jumps by itself"
        await pilot.press("escape", "l")
        await settle(pilot)
        assert "(3, 4) float32" in "\n".join(rows(app)), "the lens, on request"
        await pilot.press("n")
        await settle(pilot)
        assert app.screen is not bench


async def test_a_check_is_acknowledged_at_once_and_rungs_light_up_one_by_one(tmp_path: Path) -> None:
    async with opened(tmp_path, (80, 40)) as (app, pilot):
        bench = await to_bench(app, pilot)
        app.fake.gate = asyncio.Event()
        bench.action_check()
        assert bench.panel.verdict._busy == "Checking…", "before anything else has run"
        bench.code.editor.replace_all(ANSWER)
        await pilot.press("f2")
        await until_seen(pilot, "▸ Each slice sums to 1")
        text = "\n".join(rows(app))
        assert "Checking…" in text and "✓ Your file runs" in text and "▸ Each slice sums to 1" in text
        app.fake.gate.set()
        await settle(pilot)
        assert "✓ Passed" in "\n".join(rows(app))


async def test_next_is_not_offered_before_passing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        await pilot.press("escape", "n", "f8")
        await settle(pilot)
        assert app.screen is bench


async def test_hints_come_one_after_the_other_and_are_noted(tmp_path: Path) -> None:
    async with opened(tmp_path, (120, 40)) as (app, pilot):
        await to_bench(app, pilot)
        await pilot.press("f5")
        await settle(pilot)
        text = "\n".join(rows(app))
        assert "1 · a question" in text and "2 · a plan" not in text
        await pilot.press("escape", "h", "h", "h")
        await settle(pilot)
        compare(app, "bench-hints")
        assert app.progress.hints("stable_softmax") == 3


async def test_the_solution_is_asked_for_once_and_noted(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        await pilot.press("escape", "s")
        await settle(pilot)
        compare(app, "bench-solution-asked")
        await pilot.press("n")
        await settle(pilot)
        assert app.screen is bench and not app.progress.solution_seen("stable_softmax")
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("s")
        await settle(pilot)
        assert isinstance(app.screen, Compare) and app.progress.solution_seen("stable_softmax")
        await pilot.press("escape")
        bench.code.editor.replace_all(ANSWER)
        await pilot.press("f2")
        await settle(pilot)
        assert "◐ assisted" in rows(app)[0]


@pytest.mark.parametrize("size", SIZES)
async def test_your_code_beside_the_answer(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.replace_all(NAIVE)
        app.progress.solution_shown("stable_softmax")
        await pilot.press("escape", "s")
        await settle(pilot)
        compare(app, "compare")


def test_lines_are_paired_where_they_differ() -> None:
    assert list(aligned(["a", "x", "c"], ["a", "y", "z", "c"])) == [
        (" ", 0, 0),
        ("~", 1, 1),
        ("+", None, 2),
        (" ", 2, 3),
    ]
    assert list(aligned(["a", "b"], ["a"])) == [(" ", 0, 0), ("-", 1, None)]


async def test_reset_keeps_the_text_in_the_history_and_undo_brings_it_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.replace_all(NAIVE)
        await pilot.press("escape", "r")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        assert bench.code.editor.text == START == file(app).read_text()
        assert [s.source for s in app.progress.snapshots("stable_softmax")] == [NAIVE]
        await pilot.press("ctrl+z")
        assert bench.code.editor.text == NAIVE


@pytest.mark.parametrize("size", SIZES)
async def test_history_brings_an_earlier_text_back(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        bench = await to_bench(app, pilot)
        for text in (NAIVE, ANSWER):
            bench.code.editor.replace_all(text)
            await pilot.press("f2")
            await settle(pilot)
        await pilot.press("escape", "y")
        await settle(pilot)
        assert isinstance(app.screen, History)
        compare(app, "history")
        await pilot.press("down", "d")
        await settle(pilot)
        assert isinstance(app.screen, Compare)
        compare(app, "history-difference")
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, History)
        await pilot.press("enter")
        await settle(pilot)
        assert bench.code.editor.text == NAIVE == file(app).read_text()
        assert ANSWER in [s.source for s in app.progress.snapshots("stable_softmax")]


async def test_unsaved_text_is_kept_beside_the_file_and_restored(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.insert("# half a thought\n", (0, 0))
        await until(pilot, draft(app).exists)
        assert draft(app).read_text() == bench.code.editor.text != file(app).read_text()
        left = draft(app).read_text()
        # The process is killed here: nothing of what follows a clean end happens.
        bench.buffer = None
    draft(app).write_text(left)
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        assert bench.code.editor.text.startswith("# half a thought\n")
        assert "restored" in bench.code.note
        await pilot.press("f2")
        await settle(pilot)
        assert not draft(app).exists() and file(app).read_text() == left


async def test_each_window_keeps_unsaved_text_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.insert("# here\n", (0, 0))
        await until(pilot, draft(app).exists)
        # Another window opens the file: it takes up what is unsaved here, and goes on with it.
        mine, text = draft(app), bench.code.editor.text
        monkeypatch.setattr(buffer, "WINDOW", "other")
        other = buffer.Buffer(app.workspace, bench.exercise)
        assert other.open().text == text
        mine.unlink()
        await until(pilot, mine.exists)
        other.keep("# other\n" + text)
        assert mine.read_text() == text and draft(app).read_text() == "# other\n" + text
        await until(pilot, lambda: "● unsaved · another window has unsaved text" in " ".join(rows(app)))
        bench.buffer = None  # both are killed here
    monkeypatch.setattr(buffer, "WINDOW", "third")
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        assert bench.code.editor.text.startswith("# other\n# here\n"), "the newest"
        await until(pilot, lambda: list(file(app).parent.glob(".*draft")) == [draft(app)])
        kept = [one.source for one in app.progress.snapshots("stable_softmax")]
        assert any(text.startswith("# here\n") for text in kept), "and the other is in the history"


async def test_leaving_and_quitting_save(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.insert("# one\n", (0, 0))
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert file(app).read_text().startswith("# one\n")
        bench = await to_bench(app, pilot)
        bench.code.editor.insert("# two\n", (0, 0))
        await pilot.press("ctrl+q")
        await pilot.pause()
    assert file(app).read_text().startswith("# two\n# one\n")


async def test_a_save_from_outside_is_noticed_and_checked(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        file(app).write_text(ANSWER)
        await until(pilot, lambda: app.fake.checked == [ANSWER])
        assert bench.code.editor.text == ANSWER


@pytest.mark.parametrize(("key", "kept"), [("h", "here"), ("f", "file")])
async def test_when_both_have_changed_the_learner_chooses_and_nothing_is_lost(
    tmp_path: Path, key: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.screens.bench_file.GRACE_SECONDS", 0)
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.insert("# here\n", (0, 0))
        file(app).write_text("# file\n")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        compare(app, "bench-conflict")
        await pilot.press(key)
        await settle(pilot)
        assert bench.code.editor.text.startswith(f"# {kept}\n")
        dropped = "file" if kept == "here" else "here"
        assert app.progress.snapshots("stable_softmax")[0].source.startswith(f"# {dropped}\n")


async def test_a_question_that_comes_by_itself_takes_no_key_meant_for_the_editor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.screens.bench_file.GRACE_SECONDS", 60)
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.insert("# here\n", (0, 0))
        file(app).write_text("# file\n")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        await pilot.press("f", "enter", "escape")
        await settle(pilot)
        assert isinstance(app.screen, Dialog) and bench.code.editor.text.startswith("# here\n")


async def test_a_file_newer_than_the_unsaved_text_makes_it_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutor.screens.bench_file.GRACE_SECONDS", 0)
    async with opened(tmp_path) as (app, pilot):
        app.workspace.give(app.course.known["stable_softmax"])
        draft(app).write_text("# draft\n")
        os.utime(draft(app), (1, 1))
        await app.going.open_exercise(app.course.entries()[0])
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        await pilot.press("f")
        await settle(pilot)
        assert app.screen.code.editor.text == START
        assert app.progress.snapshots("stable_softmax")[0].source == "# draft\n"


async def test_another_editor_opens_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.insert("# mine\n", (0, 0))
        seen: list[str] = []

        def edit(path: Path) -> int:
            seen.append(path.read_text())
            path.write_text(ANSWER)
            return 0

        monkeypatch.setattr(app, "open_editor", edit)
        await pilot.press("f4")
        await until(pilot, lambda: bench.code.editor.text == ANSWER)
        assert seen[0].startswith("# mine\n"), "what was unsaved is saved first"


async def test_where_the_terminal_cannot_be_handed_over_it_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, open_editor=lambda path: 0) as (app, pilot):
        bench = await to_bench(app, pilot)
        with pytest.raises(SuspendNotSupported):
            app.open_editor(file(app))
        bench.action_external()
        await settle(pilot)
        assert isinstance(app.screen, Dialog) and str(file(app)) in app.screen.text


async def test_a_grader_that_fails_is_our_fault_and_counts_for_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await to_bench(app, pilot)
        app.fake.broken = True
        await pilot.press("f2")
        await settle(pilot)
        assert "this is not your code" in "\n".join(rows(app)) and "· new" in rows(app)[0]


async def test_the_last_verdict_is_shown_again_when_its_text_is_still_there(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.replace_all(NAIVE)
        await pilot.press("f2")
        await settle(pilot)
        await pilot.press("escape", "escape")
        await settle(pilot)
        await to_bench(app, pilot)
        assert "This looks like a known mistake" in "\n".join(rows(app))


async def test_questions_of_a_prediction_are_drawn_when_it_is_opened(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await app.going.open_exercise(app.course.find("trace_backward"))
        await settle(pilot)
        assert app.screen.code.editor.text.startswith("SEED = 42\n")


async def test_find_and_go_to_line(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        editor = bench.code.editor
        editor.move_cursor((0, 0))
        await pilot.press("ctrl+f", *"softmax")
        await settle(pilot)
        assert editor.selected_text == "softmax" and editor.selection.start == (0, 5)
        compare(app, "bench-find")
        await pilot.press("enter")
        assert editor.selection.start == (5, 4)
        await pilot.press("up", "up")
        assert editor.selection.start == (11, 8), "round the end"
        await pilot.press("escape", "ctrl+g", "7", "enter")
        await settle(pilot)
        assert editor.cursor_location == (6, 0) and editor.has_focus


async def test_a_disk_that_cannot_be_written_to_is_told_and_the_check_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(bench.buffer, "save", full)
        await pilot.press("f2")
        await settle(pilot)
        assert isinstance(app.screen, Dialog) and "The disk is full: " in app.screen.text
        assert app.fake.checked == [START]
        monkeypatch.undo()


def test_fakes_are_what_they_stand_for(tmp_path: Path) -> None:
    """The fakes have every method that the screens use, as the real ones have."""
    from tutor.course import Course
    from tutor.progress import Progress

    app = desk(tmp_path)
    for fake, real in ((app.progress, Progress), (app.course, Course)):
        for name in dir(fake):
            if not name.startswith("_") and callable(getattr(fake, name)):
                assert hasattr(real, name), f"{real.__name__}.{name}"


def test_a_save_returns_what_it_overwrites(tmp_path: Path) -> None:
    from tests.tutor.fakes import exercise
    from tutor.screens.buffer import Buffer
    from tutor.workspace import Workspace

    buffer = Buffer(Workspace(tmp_path / "home"), exercise(tmp_path / "course", "one", "One", "topic"))
    buffer.open()
    assert buffer.save("mine\n") is None
    buffer.path.write_text("written elsewhere\n")
    assert buffer.save("mine, again\n") == "written elsewhere\n"
    assert buffer.path.read_text() == "mine, again\n"
    buffer.path.write_text("the same\n")
    assert buffer.save("the same\n") is None
    assert buffer.changed() is None


def test_a_draft_is_there_only_while_there_is_unsaved_text(tmp_path: Path) -> None:
    from tests.tutor.fakes import exercise
    from tutor.screens.buffer import Buffer
    from tutor.workspace import Workspace

    buffer = Buffer(Workspace(tmp_path / "home"), exercise(tmp_path / "course", "one", "One", "topic"))
    text = buffer.open().text
    buffer.keep("half\n")
    assert Buffer(buffer.workspace, buffer.exercise).open().text == "half\n"
    buffer.keep(text)
    assert not buffer.draft.exists()
    buffer.keep("half\n")
    buffer.save("whole\n")
    assert not buffer.draft.exists() and not buffer.open().restored


@pytest.mark.parametrize("key", ["f2", "ctrl+q"])
async def test_a_key_of_ours_waits_for_the_keys_that_were_typed_before(tmp_path: Path, key: str) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.move_cursor((0, 0))
        for digit in "0123456789":
            app.simulate_key(digit)
        app.simulate_key(key)
        if key == "f2":
            await until(pilot, lambda: bool(app.fake.checked))
            assert app.fake.checked[0].startswith('0123456789"""')
        else:
            await pilot.pause(0.3)
    assert file(app).read_text().startswith('0123456789"""')


async def test_panes_and_keys_can_be_clicked(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        bench = await to_bench(app, pilot)
        strip = bench.panel.strip
        await pilot.click(strip, offset=(rows(app)[strip.region.y].index("Hints"), 0))
        await settle(pilot)
        assert strip.open == "hints"
        await pilot.click(offset=(rows(app)[-1].index("Check"), 23))
        await until(pilot, lambda: bool(app.fake.checked))
        assert strip.open == "checks"


async def test_shapes_stand_behind_the_lines_until_the_text_changes(tmp_path: Path) -> None:
    async with opened(tmp_path, (120, 40)) as (app, pilot):
        bench = await to_bench(app, pilot)
        bench.code.editor.replace_all(NAIVE)
        await pilot.press("f2")
        await settle(pilot)
        assert any("powers = x.exp()   ↳ powers (3, 4) float32" in row for row in rows(app))
        assert "↳" not in bench.code.editor.text, "they are no part of the text"
        await pilot.press("x")
        await settle(pilot)
        assert not any("↳" in row for row in rows(app))
        bench.code.editor.replace_all(ANSWER)
        await pilot.press("f2")
        await settle(pilot)
        assert not any("↳" in row for row in rows(app)), "a pass shows them on request"
        await pilot.press("escape", "l")
        await settle(pilot)
        assert any("↳ powers (3, 4)" in row for row in rows(app))
