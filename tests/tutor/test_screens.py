"""Home, reader and quiz: what they look like at two sizes, and what the keys do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import WorkerCancelled, WorkerFailed

from tests.tutor.fakes import ANSWER, NAIVE, desk, report_for
from tests.tutor.picture import compare, rows
from tutor.screens.exercise import Bench
from tutor.screens.home import Home
from tutor.screens.lesson import Card, Reader
from tutor.screens.quiz import Quiz
from tutor.widgets.fence import FenceBlock, same
from tutor.widgets.keys import Keys

SIZES = [(80, 24), (120, 40)]


LOOKS = 40
"""At most; a screen that draws something new all the time is looked at so often, and then taken as it is."""
BUSY = ("check", "open", "fence", "prepare", "look", "default")
"""Groups of workers that end by themselves; the others wait for the learner."""


async def settle(pilot: Pilot[None]) -> None:
    """Until workers are done and the frames after them show nothing new, for screens that do not move by themselves."""
    quiet, before = 0, [""]
    for _ in range(LOOKS):
        await pilot.pause()
        working = [worker for worker in pilot.app.workers if worker.group in BUSY]
        seen = rows(pilot.app)
        still = not working and seen == before and not pilot.app.screen._layout_required
        quiet, before = quiet + 1 if still else 0, seen
        for worker in working:
            with suppress(WorkerCancelled, WorkerFailed):
                await worker.wait()
        if quiet == 3:
            return


async def until(pilot: Pilot[None], condition: Callable[[], bool], seconds: float = 10) -> None:
    """Until it is so; fails when it does not become so."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, "it did not happen:\n" + "\n".join(rows(pilot.app))
        await pilot.pause(0.02)
    await settle(pilot)


@asynccontextmanager
async def opened(
    tmp_path: Path, size: tuple[int, int] = (80, 24), **more: Any
) -> AsyncIterator[tuple[Any, Pilot[None]]]:
    app = desk(tmp_path, **more)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, pilot


def some_history(app: Any) -> None:
    """Three exercises in three states."""
    app.progress.attempt("stable_softmax", ANSWER, report_for("stable_softmax", ANSWER))
    app.progress.attempt("pairwise_distances", NAIVE, report_for("pairwise_distances", NAIVE))
    app.progress.solution_shown("retain_graph")
    app.progress.attempt("retain_graph", ANSWER, report_for("retain_graph", ANSWER))
    app.settings.set_page("L03", 1)


@pytest.mark.parametrize("size", SIZES)
async def test_home_at_the_first_start(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, _):
        compare(app, "home-first")


@pytest.mark.parametrize("size", [*SIZES, (60, 20)])
async def test_home_with_progress(tmp_path: Path, size: tuple[int, int]) -> None:
    app = desk(tmp_path)
    some_history(app)
    app.course.stale.add("stable_softmax")
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        text = "\n".join(rows(app))
        for word in ("↻ changed", "✎ tried", "◐ assisted", "· new"):
            assert word in text
        if size != (60, 20):
            compare(app, "home-progress")


async def test_n_opens_the_lesson_first_and_then_the_exercise(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        assert isinstance(app.screen, Reader) and app.screen.lesson.id == "L03"
        await pilot.press("n")
        await settle(pilot)
        assert isinstance(app.screen, Bench) and app.screen.exercise.id == "stable_softmax"
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert isinstance(app.screen, Reader)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, Home)
        await pilot.press("n")
        await settle(pilot)
        assert isinstance(app.screen, Bench)


async def test_enter_opens_what_is_chosen(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("home", "enter")
        await settle(pilot)
        assert isinstance(app.screen, Reader)
        await pilot.press("escape", "down", "down", "enter")
        await settle(pilot)
        assert isinstance(app.screen, Bench) and app.screen.exercise.id == "pairwise_distances"


@pytest.mark.parametrize("size", SIZES)
async def test_reader(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        compare(app, "reader")
        await pilot.press("r")
        await settle(pilot)
        compare(app, "reader-ran")
        await pilot.press("right")
        await settle(pilot)
        compare(app, "reader-last-page")


async def test_a_fence_runs_after_those_above_it_and_shows_what_came_out(tmp_path: Path) -> None:
    async with opened(tmp_path, (80, 40)) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        codes, index, edited = app.fake.fences[0]
        assert (len(codes), index, edited) == (2, 0, None)
        assert any("tensor([ 3., 12.])" in row for row in rows(app))


async def test_a_prediction_is_asked_for_before_the_code_runs(tmp_path: Path) -> None:
    async with opened(tmp_path, (80, 40)) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("r", "r")
        await settle(pilot)
        assert len(app.fake.fences) == 1 and isinstance(app.focused, Input)
        await pilot.press(*"(3,2)", "enter")
        await settle(pilot)
        text = "\n".join(rows(app))
        assert "you said  (3,2)" in text and "torch.Size([2, 3])" in text and "just so" not in text
        assert app.fake.fences[1][1] == 1


@pytest.mark.parametrize(
    ("prediction", "output", "equal"),
    [
        ("(2, 3)", "torch.Size([2, 3])", True),
        ("2,3", "torch.Size([2, 3])", True),
        ("[3. , 12.]", "tensor([ 3., 12.])", False),
        ("raises", "RuntimeError: no", True),
        ("True", "True\n", True),
        ("5", "6", False),
        ("", "", False),
    ],
)
def test_predictions_are_compared_kindly(prediction: str, output: str, equal: bool) -> None:
    assert same(prediction, output) is equal


async def test_a_fence_is_edited_in_place_and_brought_back(tmp_path: Path) -> None:
    async with opened(tmp_path, (80, 40)) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        await pilot.press("e")
        await settle(pilot)
        block = app.screen.query(FenceBlock).first()
        assert block.editor is not None and block.editor.has_focus
        block.editor.replace_all("raise RuntimeError")
        await pilot.press("f2")
        await settle(pilot)
        assert app.fake.fences[-1][2] == "raise RuntimeError"
        assert "✗ RuntimeError: shapes do not fit" in "\n".join(rows(app))
        await pilot.press("escape", "u")
        await settle(pilot)
        assert block.editor is None and not block.trial.edited


async def test_pages_keep_what_was_run_and_the_lesson_reopens_where_it_was_left(tmp_path: Path) -> None:
    async with opened(tmp_path, (80, 40)) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        await pilot.press("right", "left")
        await settle(pilot)
        assert any("tensor([ 3., 12.])" in row for row in rows(app))
        await pilot.press("right", "escape", "home", "enter")
        await settle(pilot)
        assert app.screen.number == 1


async def test_links_open_the_bench_and_the_quiz(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("right")
        await settle(pilot)
        _, exercise = app.screen.query(Card)
        exercise.focus()
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Bench)
        await pilot.press("escape", "escape")
        await settle(pilot)
        app.screen.query(Card).first().focus()
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Quiz)


async def test_while_the_grader_warms_up_the_reader_says_so(tmp_path: Path) -> None:
    import asyncio

    gate = asyncio.Event()
    inner = desk(tmp_path / "inner")

    async def slow() -> Any:
        await gate.wait()
        return inner.fake

    async with opened_without_waiting(tmp_path, slow) as (app, pilot):
        await pilot.press("n")
        await pilot.pause()
        await pilot.press("r")
        await pilot.pause()
        assert any("warming up torch" in row for row in rows(app))
        gate.set()
        await settle(pilot)
        assert any("tensor([ 3., 12.])" in row for row in rows(app))


@asynccontextmanager
async def opened_without_waiting(tmp_path: Path, factory: Any) -> AsyncIterator[tuple[Any, Pilot[None]]]:
    app = desk(tmp_path, grader_factory=factory)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.pause()
        yield app, pilot


async def test_without_a_grader_the_reader_shows_what_the_page_says(tmp_path: Path) -> None:
    async def none() -> Any:
        raise OSError("no torch on this machine")

    async with opened_without_waiting(tmp_path, none) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        text = "\n".join(rows(app))
        assert "could not be run" in text and "no torch on this machine" in text and "tensor([ 3., 12.])" in text


@pytest.mark.parametrize("size", SIZES)
async def test_quiz(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("q")
        await settle(pilot)
        compare(app, "quiz")
        await pilot.press("enter")
        await settle(pilot)
        assert app.fake.draws == 1, "a question must be answered before the next"
        await pilot.press("1")
        await settle(pilot)
        compare(app, "quiz-answered")
        await pilot.press("2", "enter")
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        answers = [(lesson, item, choice, good) for lesson, item, _, choice, good in app.progress.given]
        assert answers == [("L03", "item_1", 0, False), ("L03", "item_2", 1, True)]


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_the_line_of_keys_never_overflows_and_always_offers_help(tmp_path: Path, width: int) -> None:
    async with opened(tmp_path, (width, 24)) as (app, pilot):
        for key in ("", "n", "r", "n", "escape", "h"):
            if key:
                await pilot.press(key)
                await settle(pilot)
            line = rows(app)[-1]
            assert len(line) <= width and line.rstrip().endswith("F1 Help"), line
            assert len(app.screen.query_one(Keys).render().plain) <= width - 2


async def test_space_scrolls_what_is_said_of_the_choice_and_begins_again_at_its_end(tmp_path: Path) -> None:
    async with opened(tmp_path, (120, 40)) as (app, pilot):
        about = app.screen.query_one("#about")
        app.screen.query_one("#about-text").update("a line\n" * 80)
        await settle(pilot)
        assert about.max_scroll_y > 0, "there is more than fits"
        await pilot.press("space")
        await settle(pilot)
        assert about.scroll_offset.y > 0
        for _ in range(9):
            await pilot.press("space")
            await settle(pilot)
            if about.scroll_offset.y == 0:
                break
        assert about.scroll_offset.y == 0


async def test_a_page_is_painted_from_its_top_and_code_below_it_can_be_asked_for_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await app.going.open_lesson(app.course.lessons()[0])
        reader = app.screen
        assert len(reader._below) > 0 or reader.query(FenceBlock), "the rest is on its way"
        reader.action_run_next()
        await settle(pilot)
        assert not reader._below and reader.query(FenceBlock) and isinstance(app.focused, (FenceBlock, Input))
