"""The command palette, with lessons and exercises in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import SystemCommand
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from tutor.screens.base import Guarded
from tutor.screens.opening import Opening
from tutor.widgets.signs import SIGNS

if TYPE_CHECKING:
    from textual.screen import Screen

    from lessons import Lesson
    from tutor.app import GradatimApp

Command = Callable[[], Awaitable[Any]]
NOT_FOUND = ("app.quit", "app.help", "app.training", "home.training", "home.quit", "home.help", "home.next")
"""What the palette has under its own name already."""


class Palette(Guarded, CommandPalette, Opening):
    """Textual's palette; a double click in it runs a command once, and no key is lost on a list without room."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        # Without the class Textual shows not even the line to write in before all commands are collected.
        super().__init__(*arguments, classes="-ready", **keywords)

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)


def desk_commands(desk: GradatimApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What can be done everywhere; ``screen`` is the one from which the palette was opened."""
    yield SystemCommand("Next", "Go on with the course", desk.going.next)
    yield SystemCommand("Map", "All lessons and exercises", desk.going.home)
    placement = "Where to begin, if you know some of this already"
    yield SystemCommand("Placement test", placement, desk.going.open_placement)
    yield SystemCommand("Training", "Runs: start one, watch one", desk.action_training)
    yield SystemCommand("Help", "What can be done here", desk.action_help)
    if (report := getattr(screen, "action_report", None)) is not None:
        yield SystemCommand("Report this exercise", "Versions, seed and failing check, ready to paste", report)
    yield SystemCommand("Settings", "Colors, keys, motion, signs", desk.going.open_settings)
    yield SystemCommand("Theme", "Change the colors", desk.action_change_theme)
    yield SystemCommand("Quit", "Close Gradatim; nothing is lost", desk.action_quit)


class ActionCommands(Provider):
    """Whatever a key does on the screen from which the palette was opened, or in any part of it."""

    def _all(self) -> Iterator[tuple[str, str, Command]]:
        seen: set[str] = set()
        for node in [active.node for active in self.screen.active_bindings.values()] + [*self.screen.query("*")]:
            for binding in (one for found in node._bindings.key_to_bindings.values() for one in found):
                words = binding.tooltip or binding.description
                if not binding.id or not words or words in seen or binding.id in NOT_FOUND:
                    continue
                if self.app._check_action_state(binding.action, node) is not False:
                    seen.add(words)
                    key = self.app.get_key_display(binding)
                    yield words, f"the key is {key}", partial(self.app.run_action, binding.action, node)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, words, command in self._all():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), command, help=words)


class CourseCommands(Provider):
    """Every lesson, its quiz and its exercises by name."""

    def _reading(self, lesson: Lesson) -> tuple[str, str, Command]:
        desk = cast("GradatimApp", self.app)
        return f"{lesson.id} {lesson.title}", "Read this lesson", partial(desk.going.open_lesson, lesson)

    def _all(self) -> Iterator[tuple[str, str, Command]]:
        desk = cast("GradatimApp", self.app)
        for lesson in desk.course.lessons():
            yield self._reading(lesson)
            yield (
                f"{lesson.id} quiz: {lesson.title}",
                "Questions with fresh numbers",
                partial(desk.going.open_quiz, lesson),
            )
            for entry in desk.course.entries(lesson):
                sign, word, _ = SIGNS[entry.shown]
                words = f"{sign} {word} · exercise of {lesson.id}"
                yield f"{entry.exercise.title} ({entry.exercise.name})", words, partial(desk.going.open_exercise, entry)

    async def discover(self) -> Hits:
        """The lessons; two hundred names more would take longer to draw than to be typed, and to be looked through."""
        desk = cast("GradatimApp", self.app)
        for lesson in desk.course.lessons():
            name, words, command = self._reading(lesson)
            yield DiscoveryHit(name, command, help=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, words, command in self._all():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), command, help=words)
