"""A terminal of 20 columns breaks nothing; in one of 40 what matters can be read whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor.picture import rows
from tests.tutor.test_colors import learner, taken
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
