"""The app: modes, themes, palette, errors and the way from screen to screen; no feature lives here."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand, active_app
from textual.binding import Binding, BindingType
from textual.filter import Monochrome
from textual.reactive import var
from textual.screen import Screen

from tutor.settings import Settings
from tutor.sweep import BEAT, Sweep
from tutor.widgets.colors import DARK, LIGHT
from tutor.widgets.gray import Gray
from tutor.widgets.plain import Plain
from tutor.widgets.prose_keys import key_name
from tutor.widgets.signs import cells

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.command import Provider
    from textual.dom import DOMNode

    from lessons import Lesson
    from tutor.course import Course, Entry
    from tutor.progress import Progress
    from tutor.screens.base import Page
    from tutor.workspace import Workspace

Factory = Callable[[], Awaitable[Any]]


def _home() -> Screen[Any]:
    from tutor.screens.home import Home

    return _styled(Home())


def _training() -> Screen[Any]:
    from tutor.screens.training import Training

    return _styled(Training())


def _styled(screen: Screen[Any]) -> Screen[Any]:
    """Say of a mode's first screen that nothing has changed since the style sheet was read: it would be read again."""
    screen._css_update_count = active_app.get()._css_update_count
    return screen


def _action_commands() -> type[Provider]:
    from tutor.screens.palette import ActionCommands

    return ActionCommands


def _course_commands() -> type[Provider]:
    from tutor.screens.palette import CourseCommands

    return CourseCommands


SOON = ("base", "exercise", "lesson", "palette", "training", "settings")
"""Screens that are opened first, or often."""


def _load_screens() -> None:
    """Beside the first looks at the map, so that no key waits for what it opens to be loaded: up to 0.2 s."""
    for name in SOON:
        importlib.import_module(f"tutor.screens.{name}")
    importlib.import_module("textual.widgets").Markdown  # noqa: B018 - loads it; Help has it, too
    importlib.import_module("tutor.widgets.highlights").ready()


async def _warm_grader() -> Any:
    from tutor.grader import Grader

    return await Grader.connect()


class GradatimApp(App[None]):
    """The desk. Everything it works with is handed to it."""

    TITLE = "Gradatim"
    CSS_PATH = "gradatim.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {"course": _home, "training": _training}
    DEFAULT_MODE = "course"
    COMMANDS = App.COMMANDS | {_action_commands, _course_commands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit", tooltip="Close Gradatim"),
        Binding("f1", "help", "Help", show=True, id="app.help", tooltip="What can be done here"),
        Binding("ctrl+t", "training", "Training", show=False, id="app.training", tooltip="To the runs and back"),
    ]

    grader_state: var[str] = var("cold")
    """``cold``, ``warming``, ``ready`` or ``failed``."""

    def __init__(
        self,
        course: Course,
        workspace: Workspace,
        progress: Progress,
        *,
        grader_factory: Factory = _warm_grader,
        jobs: Any = None,
        runs_root: Path | None = None,
        settings: Settings | None = None,
        open_editor: Callable[[Path], int] | None = None,
        raise_errors: bool = False,
    ) -> None:
        """``raise_errors`` lets errors through, for tests and for ``--debug``."""
        super().__init__()
        self.course, self.workspace, self.progress = course, workspace, progress
        self.settings = settings or Settings.kept()
        self.runs_root = runs_root or workspace.home / "runs"
        self.raise_errors = raise_errors
        self.grader_problem = ""
        self.unsaved: dict[Path, str] = {}
        """Texts that the disk would not take, by their files: remembered as long as the app is open."""
        self._jobs = jobs
        self._editor = open_editor
        self._factory = grader_factory
        self._grader: Any = None
        self._connecting = asyncio.Lock()
        self._sweep = Sweep()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        wished = os.environ.get("TEXTUAL_THEME") or self.settings.theme(DARK.name)
        self._begin_with(wished if self.get_theme(wished) else DARK.name)
        self.plain = Plain(enabled=False)
        self._filters = [Gray() if isinstance(one, Monochrome) else one for one in self._filters]
        self._filters.append(self.plain)
        self.take_settings()

    # -- beginning and end --------------------------------------------------------------------------

    def _begin_with(self, theme: str) -> None:
        """Take a theme before anything is drawn; a change of theme would read the whole style sheet again, twice."""
        self.set_reactive(App.theme, theme)
        dark = self.current_theme.dark
        classes = {f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}
        self.update_classes(classes, update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def on_mount(self) -> None:
        self._write_terminal("\x1b[22;2t")  # put the terminal's own title aside
        self.call_after_refresh(self._warm_up)
        if not self.is_headless:
            self._listen_to_signals()
        self.progress.tell = self._tell_of_progress
        if self.progress.notice:
            self._tell_of_progress(self.progress.notice)

    def _listen_to_signals(self) -> None:
        """A terminal that is closed, or a system that goes down, leaves the time to keep what is open."""
        import signal

        for name in ("SIGHUP", "SIGTERM"):
            # Not every system has both, and an app in a thread gets none.
            with contextlib.suppress(AttributeError, NotImplementedError, ValueError, RuntimeError):
                number = getattr(signal, name)
                asyncio.get_running_loop().add_signal_handler(number, self._ended_from_outside, 128 + number)

    def _ended_from_outside(self, code: int) -> None:
        self.keep_all()
        self.exit(return_code=code)

    def _tell_of_progress(self, words: str) -> None:
        """From whatever thread."""
        self.notify(words, title="Progress", severity="warning", timeout=15, markup=False)

    def on_unmount(self) -> None:
        self._sweep.end()

    def _warm_up(self) -> None:
        if not self.is_headless:
            self.set_timer(BEAT, self._sweep.begin)
            self.set_interval(BEAT, self._sweep.look)
        self.run_worker(_load_screens, name="load the screens", group="load", thread=True, exit_on_error=False)
        self.run_worker(self._warm(), name="warm the grader", group="grader", exit_on_error=False)

    async def _warm(self) -> None:
        with contextlib.suppress(Exception):  # kept in grader_problem; told when the grader is needed
            await self.grader()

    def watch_theme(self, name: str) -> None:
        self.settings.set("theme", name)

    def take_settings(self) -> None:
        """Let what the settings say come true: keys, motion, signs."""
        from textual.constants import TEXTUAL_ANIMATIONS
        from textual.widgets import TextArea

        self.set_keymap(self.settings.keymap())
        self.animation_level = "none" if self.settings.still else TEXTUAL_ANIMATIONS
        self.plain.enabled = self.settings.ascii
        for stack in self._screen_stacks.values():
            for screen in stack:
                for editor in screen.query(TextArea):
                    editor.cursor_blink = not self.settings.still
        if self._running:
            self.refresh_css(animate=False)

    def get_key_display(self, binding: Binding) -> str:
        # The arrows and the sign of the Enter key have no stand-in that could be told from a key.
        return binding.key_display or key_name(binding.key, self.plain.enabled)

    async def action_quit(self) -> None:
        # Behind the keys that were pressed before: a priority key overtakes those that a widget has yet to take.
        (self.screen.focused or self).call_later(self.call_later, self._end)

    async def _end(self) -> None:
        from tutor.screens.base import Dialog

        self.keep_all()
        texts = [f"The text of {path} could not be saved." for path in self.unsaved]
        lost = "\n\n".join(filter(None, [*texts, self.progress.settle()]))
        if lost and not isinstance(self.screen, Dialog):
            self.clear_notifications()  # one of them would hide the answers
            ways = [("s", "stay"), ("q", "quit all the same")]
            self.push_screen(Dialog("This would be lost", lost, ways, tone="-warning"), self._quit_all_the_same)
        else:
            await self._close_down()

    async def _quit_all_the_same(self, answer: str | None) -> None:
        if answer == "q":
            await self._close_down()

    async def _close_down(self) -> None:
        if self._grader is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._grader.close(), 1)
        self._write_terminal("\x1b[23;2t")
        self.exit()

    def keep_all(self) -> None:
        """Have every open screen write down what would be lost."""
        for stack in self._screen_stacks.values():
            for screen in stack:
                with contextlib.suppress(Exception):
                    keep = getattr(screen, "keep", None)
                    if keep is not None:
                        keep()

    def set_terminal_title(self, words: str) -> None:
        clean = "".join(c for c in (cells(words) if self.plain.enabled else words) if c.isprintable())
        self._write_terminal(f"\x1b]2;{'Gradatim: ' + clean if clean else 'Gradatim'}\x07")

    def _write_terminal(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless and not self.is_web:
            self._driver.write(sequence)

    # -- when something goes wrong ------------------------------------------------------------------

    async def _dispatch_message(self, message: Any) -> None:
        if isinstance(message, events.InputEvent):
            self._sweep.key()
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            if not self.report_error(error):
                raise

    def report_error(self, error: BaseException) -> bool:
        """Show an error of ours as a dialog and go on; returns False where it should end the app."""
        from tutor import trouble
        from tutor.database import ProgressError

        if self._running and self._screen_stack and (isinstance(error, ProgressError) or trouble.refused(error)):
            where = getattr(error, "filename", None)
            self.tell("This cannot be kept", f"{trouble.why(error)}{f': {where}' if where else ''}")
            return True
        if self.raise_errors or not self._running or not self._screen_stack:
            return False
        from tutor import ticket
        from tutor.screens.base import Dialog

        text = "".join(traceback.format_exception(error))
        screen = type(self.screen).__name__
        if self.settings.path is not None:
            with contextlib.suppress(OSError), (self.settings.path.parent / "errors.txt").open("a") as file:
                file.write(text + "\n")
        if isinstance(self.screen, Dialog):
            return True
        where = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
        place = f"\n({Path(where.filename).name}, line {where.lineno})" if where else ""
        words = f"{type(error).__name__}: {error}{place}\n\nYour text is safe. You can go on."
        ways = [("o", "OK"), ("s", "save a report of it")]

        def save(answer: str | None) -> None:
            if answer == "s":
                self.save_ticket("error", ticket.of_error(text, screen))

        self.push_screen(Dialog("Something went wrong on our side", words, ways, tone="-error"), save)
        return True

    def save_ticket(self, name: str, text: str) -> None:
        """Save a report of something of ours, and show it, ready to paste."""
        from tutor import ticket
        from tutor.screens.base import Dialog

        try:
            words = f"Saved as {ticket.save(self.workspace.home / 'reports', name, text)}\n\n{text}"
        except OSError as error:
            words = f"It could not be saved ({error.strerror or error}); here it is whole.\n\n{text}"

        def copy(answer: str | None) -> None:
            if answer == "c":
                self.copy_to_clipboard(text)

        self.push_screen(Dialog("A report, ready to paste", words, [("o", "OK"), ("c", "copy it")]), copy)

    def tell(self, title: str, words: str) -> None:
        """Say that something could not be done, and why."""
        from tutor.screens.base import Dialog

        self.push_screen(Dialog(title, words, [("o", "OK")], tone="-warning"))

    def _handle_exception(self, error: Exception) -> None:
        self.keep_all()
        super()._handle_exception(error)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """An action that cannot be done now says why, if its owner knows: `why_not` beside `check_action`."""
        owner, name, parameters = self._parse_action(action, default_namespace or self, namespaces)
        why_not = getattr(owner, "why_not", None)
        if why_not is not None and owner.check_action(name, parameters) is None:
            words = why_not(name, parameters)
            if words:
                from tutor.widgets.prose_keys import with_keys

                self.notify(with_keys(words, self), timeout=5)
                return True
        return await super().run_action(action, default_namespace, namespaces)

    # -- the other processes ------------------------------------------------------------------------

    async def grader(self) -> Any:
        """The warm grader, connected at the first call. Raises what the connection raises."""
        async with self._connecting:
            if self._grader is None:
                self.grader_state = "warming"
                try:
                    self._grader = await self._factory()
                except Exception as error:
                    self.grader_problem, self.grader_state = str(error), "failed"
                    raise
                self.grader_state = "ready"
        return self._grader

    @property
    def ending(self) -> bool:
        """Whether the app has been told to end."""
        return self._exit

    @property
    def jobs(self) -> Any:
        """What starts and stops runs: `tutor.jobs`, or what stands for it."""
        if self._jobs is None:
            from tutor import jobs

            self._jobs = jobs
        return self._jobs

    def open_editor(self, path: Path) -> int:
        """The learner's own editor, in this terminal. Raises SuspendNotSupported or OSError."""
        if self._editor is None:
            from tutor.external import open_editor

            self._editor = open_editor
        with self.suspend():
            return self._editor(path)

    # -- the way from screen to screen --------------------------------------------------------------

    def go(self, way: Callable[..., Any], *what: Any) -> None:
        """Take one of the ways below from an action.

        An action runs in the message loop of the widget that has the focus; a widget that waits there
        for its own screen to be removed would wait for ever. So the app itself does it.
        """
        self.call_later(way, *what)

    async def close_page(self, page: Screen[Any] | None = None) -> None:
        """Back to the screen below, if there is one; ``page`` closes that one or, if it is gone, nothing."""
        if len(self.screen_stack) > 1 and page in (None, self.screen):
            keep = getattr(self.screen, "keep", None)
            if keep is not None:
                keep()
            self.pop_screen()

    async def _go_down(self, keep_lesson: str = "") -> None:
        """Close what is open above the map, or above this lesson's reader."""
        if self.current_mode != "course":
            await self.switch_mode("course")
        while len(self.screen_stack) > 1:
            lesson = getattr(self.screen, "lesson", None)
            if keep_lesson and lesson is not None and lesson.id == keep_lesson and self.screen.has_class("reader"):
                return
            await self.close_page()

    async def open_lesson(self, lesson: Lesson, page: int | None = None) -> None:
        from tutor.screens.lesson import Reader

        await self._go_down()
        await self.push_screen(Reader(lesson, page))

    async def open_exercise(self, entry: Entry) -> None:
        from tutor.screens.exercise import Bench

        await self._go_down(keep_lesson=entry.lesson.id)
        await self.push_screen(Bench(entry))

    async def open_quiz(self, lesson: Lesson) -> None:
        from tutor.screens.quiz import Quiz

        await self._go_down(keep_lesson=lesson.id)
        await self.push_screen(Quiz(lesson))

    async def open_placement(self) -> None:
        from tutor.screens.placement import Placement

        await self._go_down()
        await self.push_screen(Placement(self.course.lessons()[0]))

    async def open_settings(self) -> None:
        from tutor.screens.settings import SettingsPage

        if not isinstance(self.screen, SettingsPage):
            await self.push_screen(SettingsPage())

    async def open_page(self, page: Page) -> None:
        await self.push_screen(page)

    async def go_home(self) -> None:
        await self._go_down()

    async def go_next(self) -> None:
        """What comes next on the path: its lesson, if that was never opened, else the exercise itself."""
        entry = self.course.next()
        if entry is None:
            await self._go_down()
            done, total = self.course.totals()
            words = "Every exercise of this course is done." if done == total else "All that is required is done."
            from tutor.widgets.prose_keys import with_keys

            self.notify(words + with_keys(" Train the GPT-2 you wrote: {app.training|Ctrl+T}.", self), timeout=8)
        elif self.settings.page(entry.lesson.id) is None:
            await self.open_lesson(entry.lesson)
        else:
            await self.open_exercise(entry)

    def delay_update(self, delay: float = 0.05) -> None:
        """As Textual's, which masks the drawing of another mode by a wait; ours are drawn within less."""
        super().delay_update(0.001)

    async def action_training(self) -> None:
        await self.switch_mode("course" if self.current_mode == "training" else "training")

    def action_help(self) -> None:
        from tutor.screens.base import Help, help_keys, help_text

        if not isinstance(self.screen, Help):
            self.push_screen(Help(help_text(self.screen), help_keys(self.screen)))

    # -- the palette --------------------------------------------------------------------------------

    def action_command_palette(self) -> None:
        from tutor.screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def search_themes(self) -> None:
        from textual.theme import ThemeProvider

        from tutor.screens.palette import Palette

        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield SystemCommand("Next", "Go on with the course", self.go_next)
        yield SystemCommand("Map", "All lessons and exercises", self.go_home)
        yield SystemCommand("Placement test", "Where to begin, if you know some of this already", self.open_placement)
        yield SystemCommand("Training", "Runs: start one, watch one", self.action_training)
        yield SystemCommand("Help", "What can be done here", self.action_help)
        if (report := getattr(screen, "action_report", None)) is not None:
            yield SystemCommand("Report this exercise", "Versions, seed and failing check, ready to paste", report)
        yield SystemCommand("Settings", "Colors, keys, motion, signs", self.open_settings)
        yield SystemCommand("Theme", "Change the colors", self.action_change_theme)
        yield SystemCommand("Quit", "Close Gradatim; nothing is lost", self.action_quit)
