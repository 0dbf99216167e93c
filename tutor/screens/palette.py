"""The command palette, with lessons and exercises in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from tutor.screens.base import Guarded
from tutor.widgets.signs import SIGNS

if TYPE_CHECKING:
    from tutor.app import GradatimApp

Command = Callable[[], Awaitable[None]]


class Palette(Guarded, CommandPalette):
    """Textual's palette; a double click in it runs a command once."""


class CourseCommands(Provider):
    """Every lesson, its quiz and its exercises by name."""

    def _all(self) -> Iterator[tuple[str, str, Command]]:
        desk = cast("GradatimApp", self.app)
        for lesson in desk.course.lessons():
            yield f"{lesson.id} {lesson.title}", "Read this lesson", partial(desk.open_lesson, lesson)
            yield f"{lesson.id} quiz: {lesson.title}", "Questions with fresh numbers", partial(desk.open_quiz, lesson)
            for entry in desk.course.entries(lesson):
                sign, word, _ = SIGNS[entry.shown]
                words = f"{sign} {word} · exercise of {lesson.id}"
                yield f"{entry.exercise.title} ({entry.exercise.name})", words, partial(desk.open_exercise, entry)

    async def discover(self) -> Hits:
        for name, words, command in self._all():
            yield DiscoveryHit(name, command, help=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, words, command in self._all():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), command, help=words)
