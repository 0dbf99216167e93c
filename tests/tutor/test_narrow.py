"""A terminal of 20 columns breaks nothing; in one of 40 what matters can be read whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.tutor.fakes import desk
from tests.tutor.picture import rows
from tests.tutor.test_colors import learner, taken
from tests.tutor.test_screens import settle
from tests.tutor.wanderer import resize
from tutor.screens.home import Home
from tutor.widgets.colors import DARK

READ = {
    "Home": ("2 of 5 done", "2 to review", "All distances at once", "implement · difficulty", "so that it stays exact"),
    "Help": ("Every check you make is kept", "begins a round"),
    "Palette": ("A softmax that never overflows (stable-softmax)", "exercise of L03"),
    "Reader": ("and every number is wrong", "x = torch.arange(6.0).reshape(2, 3)",
               "That was the last page of this lesson"),
    "Quiz": ("What shape has a + b?", "raises", "each missing or single dimension is stretched"),
    "Bench": ("Write softmax from exp, max and sum, so that it stays exact when the inputs are huge",
              "This looks like a known mistake", "What can you subtract from a row without changing its softmax?",
              "Take the maximum along dim with keepdim=True. Subtract it.", "✓ Passed", "'(' was"),
    "History": ("✗ failed 3/5", "softmax(x: torch.Tensor, dim: int) -> torch.Tensor:"),
    "Compare": ("No difference, line by line, between yours and the answer",),
    "Dialog": ("Passing afterwards counts as ◐ assisted", "s show it", "n not yet"),
    "ExamplesPage": ("it would catch 1 of 2 wrong versions",),
    "Zoo": ("shifted = x - x.amax(dim, keepdim=True)", "The gradient is that of torch.softmax"),
    "Review": ("To write once more, from the empty stub", "A softmax that never overflows"),
    "Placement": ("It takes about 20 minutes",),
    "SettingsPage": ("‹ reduced ›", "Close Gradatim"),
    "Press": ("Esc leaves it as it is",),
    "Training": ("n starts one",),
    "Capstone": ("Each piece keeps its promise to its neighbors",),
    "NewRun": ("tokens_per_step",),
    "Watch": ("of 900",),
    "Sampling": ("temperature",),
}  # fmt: skip
"""What must stand whole on some state of a screen, however it is wrapped."""


@pytest.mark.parametrize("size", [(20, 24), pytest.param((20, 6), marks=pytest.mark.long)])
async def test_every_screen_opens_in_20_columns(tmp_path: Path, size: tuple[int, int]) -> None:
    app = learner(tmp_path, DARK.name)
    drawn: list[str] = []

    def look() -> list[str]:
        drawn.append("\n".join(rows(app)))
        return [] if drawn[-1].strip() else ["nothing is drawn"]

    assert await taken(app, size, look) == [] and len(drawn) > 30


async def test_in_40_columns_everything_can_be_read(tmp_path: Path) -> None:
    app = learner(tmp_path, DARK.name)
    seen: dict[str, str] = {}

    def look() -> list[str]:
        flowing = " ".join(" ".join(row.strip("│█▌ ▁▂▃▄▅▆▇▏") for row in rows(app)).split())
        here = type(app.screen).__name__
        seen[here] = f"{seen.get(here, '')}\n{flowing}"
        return [f"a row is wider: {row}" for row in rows(app) if len(row) > 40]

    assert await taken(app, (40, 24), look) == []
    missing = [f"{name}: {words}" for name, all_ in READ.items() for words in all_ if words not in seen[name]]
    assert not missing, "\n".join([*missing, *(f"{name}:{seen[name]}" for name in {m.split(":")[0] for m in missing})])


async def test_a_map_that_finds_no_room_leaves_time_for_everything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, draw = [0], Home._draw

    def counted(home: Home, choice: int | None = None) -> None:
        drawn[0] += 1
        assert drawn[0] < 50, "the map asks for itself again and again, and nothing else gets its turn"
        draw(home, choice)

    app = desk(tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        monkeypatch.setattr(Home, "_draw", counted)
        with app.batch_update():  # as while the desk turns from the runs to the course
            resize(app, 52, 24)
            await asyncio.sleep(0.2)
        await settle(pilot)
        assert max(map(len, rows(app))) <= 52 and "Causal self-attention" in "\n".join(rows(app))


async def test_a_screen_below_a_dialog_takes_the_form_of_a_new_size(tmp_path: Path) -> None:
    app = desk(tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        home = app.screen
        assert home.has_class("-wide")
        await pilot.press("ctrl+p")
        await settle(pilot)
        resize(app, 60, 24)
        await settle(pilot)
        assert home.has_class("-narrow") and not home.has_class("-wide")
        assert home.query_one("#map").size.width > 50
