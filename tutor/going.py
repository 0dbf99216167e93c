"""The way from screen to screen: what each page opens above, and what closes for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from tutor.widgets.prose_keys import with_keys

if TYPE_CHECKING:
    from lessons import Lesson
    from tutor.app import GradatimApp
    from tutor.course import Entry
    from tutor.screens.base import Page


class Going:
    """All ways of one app. From an action they are taken by `GradatimApp.go`. Pages are loaded as they are opened."""

    def __init__(self, desk: GradatimApp) -> None:
        self._desk = desk

    async def close_page(self, page: Screen[Any] | None = None) -> None:
        """Back to the screen below, if there is one; ``page`` closes that one or, if it is gone, nothing."""
        desk = self._desk
        if len(desk.screen_stack) > 1 and page in (None, desk.screen):
            keep = getattr(desk.screen, "keep", None)
            if keep is not None:
                keep()
            desk.pop_screen()

    async def home(self, keep_lesson: str = "") -> None:
        """Close what is open above the map, or above this lesson's reader."""
        desk = self._desk
        if desk.current_mode != "course":
            await desk.switch_mode("course")
        while len(desk.screen_stack) > 1:
            lesson = getattr(desk.screen, "lesson", None)
            if keep_lesson and lesson is not None and lesson.id == keep_lesson and desk.screen.has_class("reader"):
                return
            await self.close_page()

    async def open_lesson(self, lesson: Lesson, page: int | None = None) -> None:
        from tutor.screens.lesson import Reader

        await self.home()
        await self.open_page(Reader(lesson, page))

    async def open_exercise(self, entry: Entry) -> None:
        from tutor.screens.exercise import Bench

        await self.home(keep_lesson=entry.lesson.id)
        await self.open_page(Bench(entry))

    async def open_quiz(self, lesson: Lesson) -> None:
        from tutor.screens.quiz import Quiz

        await self.home(keep_lesson=lesson.id)
        await self.open_page(Quiz(lesson))

    async def open_placement(self) -> None:
        from tutor.screens.placement import Placement

        await self.home()
        await self.open_page(Placement(self._desk.course.lessons()[0]))

    async def open_settings(self) -> None:
        from tutor.screens.settings import SettingsPage

        if not isinstance(self._desk.screen, SettingsPage):
            await self.open_page(SettingsPage())

    async def open_page(self, page: Page) -> None:
        """Any other page, above what is open."""
        await self._desk.push_screen(page)

    async def next(self) -> None:
        """What comes next on the path: its lesson, if that was never opened, else the exercise itself."""
        desk = self._desk
        entry = desk.course.next()
        if entry is None:
            await self.home()
            done, total = desk.course.totals()
            words = "Every exercise of this course is done." if done == total else "All that is required is done."
            desk.notify(words + with_keys(" Train the GPT-2 you wrote: {app.training|Ctrl+T}.", desk), timeout=8)
        elif desk.settings.page(entry.lesson.id) is None:
            await self.open_lesson(entry.lesson)
        else:
            await self.open_exercise(entry)
