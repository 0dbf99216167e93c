"""Every screen in light, in dark and without color: legible, and nothing is said by color alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.tutor.contrast import colored, illegible, unsigned
from tests.tutor.fakes import ANSWER, NAIVE, FakeProgress, desk
from tests.tutor.picture import rows
from tests.tutor.test_random_keys import every_screen
from tests.tutor.test_sampling import written
from tests.tutor.test_screens import settle, some_history, until
from tests.tutor.test_screens_training import two_runs
from tests.tutor.test_zoo import passed_with_mistakes
from tutor.progress import Answer
from tutor.screens.watch import Watch
from tutor.settings import Settings
from tutor.widgets.colors import DARK, LIGHT

WINDOWS = [(80, 24), pytest.param((120, 40), marks=pytest.mark.long)]


async def tour(app: Any, pilot: Pilot[None]) -> AsyncIterator[str]:
    """Lead the app through every screen and every state that looks different; gives each screen's class, and which."""

    async def press(*keys: str) -> None:
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    async def shut() -> None:
        await app.going.home()
        await settle(pilot)

    yield "Home"
    await press("f1")
    yield "Help"
    await press("escape", "end")
    yield "Home: the end"
    await press("ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, CommandPalette))
    await press(*"softmax")
    await until(pilot, lambda: app.screen.query_one(OptionList).option_count > 0)
    yield "Palette"
    await press("escape", "home", "enter", "left")
    yield "Reader"
    await press("r", "e")
    yield "Reader: code edited"
    await press("escape", "r", *"(3,2)")
    yield "Reader: a prediction"
    await press("enter")
    yield "Reader: what came out"
    await press("right")
    yield "Reader: the end"
    await press("q")
    yield "Quiz"
    await press("1")
    yield "Quiz: wrong"
    await press("enter", "2")
    yield "Quiz: right"
    await shut()
    await app.going.open_exercise(app.course.find("pairwise-distances"))
    await settle(pilot)
    yield "Bench"
    app.screen.code.editor.replace_all(NAIVE + "print('x')\n")
    await press("f2")
    yield "Bench: not passed"
    await press("escape", "end")
    yield "Bench: the facts"
    await press("h", "h", "h")
    yield "Bench: hints"
    await press("y")
    yield "History"
    await press("d")
    yield "Compare: history"
    await press("escape", "escape", "e", "ctrl+end", "(", "x", "ctrl+f", *"exp")
    app.screen.code.editor.check_syntax()
    await settle(pilot)
    yield "Bench: a syntax error, and a search"
    await press("escape")
    app.screen.code.editor.replace_all(ANSWER)
    await press("f2", "escape")
    yield "Bench: passed"
    await press("l")
    yield "Bench: the lens"
    await press("s")
    yield "Compare"
    await shut()
    await app.going.open_exercise(app.course.find("trace-backward"))
    await settle(pilot)
    await press("escape", "s")
    yield "Dialog"
    await press("escape", "x")
    await shut()
    await app.going.open_exercise(app.course.find("causal-self-attention"))
    await settle(pilot)
    await press("escape", "x")
    app.screen.code.editor.replace_all("assert close(f(0), 0.5)\nassert close(f(0), 1)\n")
    await press("f2")
    yield "ExamplesPage"
    await shut()
    await app.going.open_exercise(app.course.find("stable-softmax"))
    await settle(pilot)
    await press("escape", "m")
    yield "Zoo"
    await press("2")
    yield "Zoo: answered"
    await shut()
    await press("v")
    yield "Review"
    await press("2", "enter")
    yield "Review: the end"
    await shut()
    await press("p")
    yield "Placement"
    await press("enter")
    yield "Placement: a question"
    await press("0", "enter", "0", "enter")
    yield "Placement: how it went"
    await shut()
    await press("comma")
    yield "SettingsPage"
    await press("end", "enter")
    yield "Press"
    await press("escape")
    await shut()
    await press("t")
    yield "Training"
    await press("g")
    yield "Capstone"
    await press("escape", "n", "f6")
    yield "NewRun"
    await press("escape")
    root = two_runs(app)
    await app.going.open_page(Watch(root / "nano-1"))
    await until(pilot, lambda: "3.396" in "\n".join(rows(app)))
    yield "Watch"
    await press("c")
    yield "PickRun"
    await press("enter")
    yield "Watch: two runs"
    await press("escape")
    await written(app, pilot)
    yield "Sampling"
    await pilot.press("left")
    await settle(pilot)
    yield "Sampling: a token"


def learner(tmp_path: Path, theme: str) -> Any:
    """The desk of somebody who has done some of everything."""
    long_ago = datetime.now(UTC) - timedelta(days=50)
    progress = FakeProgress()
    progress.past = [Answer(long_ago, "L03", "align_right", 1, 0, True)]
    progress.passed_at = [("stable_softmax", long_ago)]
    settings = Settings()
    settings.set("theme", theme)
    app = desk(tmp_path, progress=progress, settings=settings)
    some_history(app)
    passed_with_mistakes(app)
    app.course.stale.add("stable_softmax")
    return app


async def taken(app: Any, size: tuple[int, int], look: Callable[[], Iterable[str]]) -> list[str]:
    """Take the tour and look at every stop: what was found, each with the stop. Fails where a screen is missed."""
    found: dict[str, None] = {}
    missed = every_screen()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        async for name in tour(app, pilot):
            here = type(app.screen).__name__
            assert name.split(":")[0] == here, f"the keys led to {here}, not to {name}"
            missed.discard(here)
            found |= dict.fromkeys(f"{name}: {one}" for one in look())
    assert not missed
    return list(found)


@pytest.mark.parametrize("theme", [DARK.name, LIGHT.name])
@pytest.mark.parametrize("size", WINDOWS)
async def test_all_text_has_enough_contrast(tmp_path: Path, theme: str, size: tuple[int, int]) -> None:
    app = learner(tmp_path, theme)
    found = await taken(app, size, lambda: [*illegible(app), *unsigned(app)])
    assert not found, "\n".join(found)


@pytest.mark.parametrize("size", WINDOWS)
async def test_without_color_it_is_as_legible(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = learner(tmp_path, DARK.name)
    assert app.no_color
    found = await taken(app, size, lambda: [*illegible(app), *colored(app)])
    assert not found, "\n".join(found)


async def test_a_curve_takes_the_colors_of_another_theme(tmp_path: Path) -> None:
    app = learner(tmp_path, LIGHT.name)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.action_training()
        await app.going.open_page(Watch(two_runs(app) / "nano-1"))
        await until(pilot, lambda: "of 900" in "\n".join(rows(app)))
        app.theme = DARK.name
        await settle(pilot)
        assert not illegible(app)
