"""Every page of every lesson at 80×24, with all its code run: one picture a lesson, screen by screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import exercises
import lessons
from tests.tutor.fakes import desk
from tests.tutor.picture import kept, rows
from tests.tutor.test_screens import settle
from tutor.course import Course
from tutor.screens.lesson import PageScroll, Reader
from tutor.widgets.fence import FenceBlock

PICTURES = Path(__file__).parent.parent / "lessons" / "pictures"


def has_run(block: FenceBlock) -> None:
    """What the reader sees afterwards, as the page writes it down; `tests/lessons` holds that against the truth."""
    trial, written = block.trial, block.trial.fence.output or ""
    lines = written.split("\n")
    at = next((n for n, line in enumerate(lines) if trial.fence.raises and line.startswith(trial.fence.raises)), None)
    trial.prediction = "so" if trial.fence.predict else None
    trial.output, trial.raised = ("\n".join(lines[:at]), " ".join(lines[at:])) if at is not None else (written, None)
    trial.ran = True
    block.finished()


def set_lines(page: lessons.Page) -> list[str]:
    """The lines that mean nothing when they are broken: code, what it prints, and diagrams."""
    lines = [line for f in page.fences for line in f"{f.code}\n{'' if f.raises else f.output}".split("\n")]
    inside = False
    for block in page.blocks:
        for line in block.text.split("\n") if block.kind == "text" else []:
            inside ^= line.startswith("```")
            lines += [line] * (inside and not line.startswith("```"))
    return lines


async def screens(app: Any, pilot: Any) -> list[str]:
    """The page from top to bottom, as often as the window has to be moved."""
    seen: list[str] = []
    scroll = app.screen.query_one(PageScroll)
    while True:
        seen.append("\n".join(rows(app)))
        before = scroll.scroll_y
        scroll.scroll_relative(y=scroll.size.height, animate=False, immediate=True)
        await pilot.pause()
        if scroll.scroll_y == before:
            return seen


@pytest.mark.parametrize("lesson", lessons.lessons(), ids=lambda one: one.deck)
async def test_every_page(tmp_path: Path, lesson: lessons.Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exercises, "find_spec", lambda name: None)  # as where no extra is installed
    app = desk(tmp_path)
    app.course = Course(app.progress)
    drawn: list[str] = []
    async with app.run_test(size=(80, 24)) as pilot:
        for number in range(len(lesson.pages)):
            reader = Reader(lesson, number)
            await app.push_screen(reader)
            await settle(pilot)
            for block in reader.query(FenceBlock):
                has_run(block)
            await settle(pilot)
            reader.query_one(PageScroll).scroll_home(animate=False, immediate=True)
            await pilot.pause()
            seen = await screens(app, pilot)
            broken = [line for line in set_lines(lesson.pages[number]) if line.strip() not in "\n".join(seen)]
            assert not broken, f"{lesson.deck}, page {number + 1}: cut or wrapped at 80 columns: {broken}"
            drawn += seen
            await app.pop_screen()
    line = "\n" + "═" * 80 + "\n"
    kept(PICTURES / f"{lesson.deck}-80x24.txt", line.join(drawn) + "\n")


async def test_what_is_asked_and_what_came_out_are_in_sight(tmp_path: Path) -> None:
    """The code may be longer than the window: the question, and then the answer, must be seen without scrolling."""
    app = desk(tmp_path)
    app.course = Course(app.progress)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(Reader(lessons.lesson("L27"), 3))
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        await pilot.pause()
        assert "your prediction" in "\n".join(rows(app))
        await pilot.press("4", "enter")
        await settle(pilot)
        await pilot.pause()
        assert "you said  4" in "\n".join(rows(app)) and "tensor([ 3., 12.])" in "\n".join(rows(app))
