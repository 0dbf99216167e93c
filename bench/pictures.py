"""Draws the pictures of the README from the real screens: `python bench/pictures.py [NAME …] [--into FOLDER]`.

The course, the grader and the verdict are real; the run that is watched is one that a laptop took minutes for, by its
log beside the pictures. The same course gives the same pictures. They hold no font and fetch none: their letters are
the reader's own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from exercises import exercise
from graders.report import Report
from tutor.app import GradatimApp
from tutor.course import Course
from tutor.grader import Grader
from tutor.progress import Progress
from tutor.screens.watch import Watch
from tutor.settings import Settings
from tutor.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
FONTS = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace'
DONE = 6
"""Exercises that the learner of the pictures has passed."""
PATIENCE = 120.0

Scene = Callable[[Any, Pilot[None]], Awaitable[None]]


class Seeded:
    """The real grader, asked to draw the same inputs each time."""

    def __init__(self, grader: Grader) -> None:
        self.grader = grader

    def check(self, exercise_id: str, source: str, seed: int | None = None, file: str = "") -> AsyncIterator[Any]:
        return self.grader.check(exercise_id, source, 7, file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.grader, name)


async def grader() -> Any:
    return Seeded(await Grader.connect())


async def nobody() -> Any:
    raise OSError("no picture of this needs a grader")


async def home(app: Any, pilot: Pilot[None]) -> None:
    """The map, some way in."""
    await settled(pilot, "exercises done")


async def lesson(app: Any, pilot: Pilot[None]) -> None:
    """A page whose code was predicted and run, and has drawn a table of weights."""
    from lessons import lesson as find

    await app.going.open_lesson(find("attention"), 0)
    await settled(pilot, "page 1")
    for guess, shown in (("3", "you said  3"), ("True", "you said  True")):
        await pilot.press("r")
        await settled(pilot, "your prediction")
        await pilot.press(*guess, "enter")
        await settled(pilot, shown)


async def workbench(app: Any, pilot: Pilot[None]) -> None:
    """A wrong answer, and the mistake by its name."""
    one = exercise("stable-softmax")
    wrong = next(mistake for mistake in one.mistakes if mistake.name == "global-max")
    await app.going.open_exercise(app.course.find("stable-softmax"))
    await settled(pilot, "saved")
    app.screen.code.editor.replace_all(wrong.source(one.text("answer.py")))
    await pilot.press("f2")
    await settled(pilot, "known mistake")


async def training(app: Any, pilot: Pilot[None]) -> None:
    """A run that has ended well."""
    folder = app.runs_root / "nano-1"
    folder.mkdir(parents=True)
    shutil.copy(FOLDER / "nano.jsonl", folder / "log.jsonl")
    await app.action_training()
    await app.going.open_page(Watch(folder))
    await settled(pilot, "finished")


SCENES: dict[str, tuple[Scene, tuple[int, int], bool]] = {
    "map": (home, (100, 28), False),
    "lesson": (lesson, (100, 34), True),
    "workbench": (workbench, (120, 34), True),
    "training": (training, (120, 30), False),
}
"""Each picture: what leads there, columns and rows, and whether it takes a grader."""


async def settled(pilot: Pilot[None], words: str) -> None:
    """Until this is painted and nothing is under way."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        await pilot.pause(0.05)
        if words in text(pilot.app) and not any(worker.is_running for worker in pilot.app.workers):
            await pilot.pause(0.2)
            return
    raise SystemExit(f"{words!r} was not painted, but:\n{text(pilot.app)}")


def text(app: Any) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def draw(name: str) -> str:
    """The picture of this name as SVG. Raises SystemExit where the screen does not become what it should."""
    scene, size, graded = SCENES[name]
    with tempfile.TemporaryDirectory() as folder:
        progress = Progress(Path(folder) / "progress.sqlite3")
        course = Course(progress)
        for entry in course.entries()[:DONE]:
            one = entry.exercise
            progress.attempt(one.id, one.text("answer.py"), Report(one.id, "passed"), one.content_hash, "check")
        settings = Settings()
        settings.set("motion", "reduced")
        settings.set("pages", {"L01": 0})
        app = GradatimApp(
            course,
            Workspace(Path(folder) / "gradatim"),
            progress,
            settings=settings,
            grader_factory=grader if graded else nobody,
            raise_errors=True,
        )
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scene(app, pilot)
            picture = app.export_screenshot(title="Gradatim", simplify=True)
        progress.close()
    return plain(picture)


def plain(svg: str) -> str:
    """The same without fonts from elsewhere, and without anybody's address."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\s*<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = svg.replace("font-family: Fira Code, monospace", f"font-family: {FONTS}")
    return re.sub(r"font-family: arial", "font-family: sans-serif", svg) + "\n"


def main() -> None:
    """Draw all, or those that were named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SCENES)}; all without one")
    parser.add_argument("--into", type=Path, default=FOLDER)
    given = parser.parse_args()
    unknown = set(given.names) - set(SCENES)
    if unknown:
        parser.error(f"there is no picture called {unknown.pop()!r}, but {', '.join(SCENES)}")
    os.environ["GRADATIM_GRADER"] = "stdio"  # one of our own, which ends with us
    given.into.mkdir(parents=True, exist_ok=True)
    for name in given.names or SCENES:
        picture = asyncio.run(draw(name))
        (given.into / f"{name}.svg").write_text(picture, encoding="utf-8")
        print(f"{given.into / name}.svg  {len(picture) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
