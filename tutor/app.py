"""The app: its modes and keys, and its life from the first frame to the last; no feature lives here."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import Monochrome
from textual.screen import Screen

from tutor import terminal
from tutor.first_frame import begin_with, load_screens, styled
from tutor.going import Going
from tutor.settings import Settings
from tutor.shared_grader import Connect, SharedGrader
from tutor.sweep import BEAT, Sweep
from tutor.widgets.colors import DARK, LIGHT
from tutor.widgets.gray import Gray
from tutor.widgets.plain import Plain
from tutor.widgets.prose_keys import key_name, with_keys

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.command import Provider
    from textual.dom import DOMNode

    from tutor.course import Course
    from tutor.progress import Progress
    from tutor.widgets.wall import Wall
    from tutor.workspace import Workspace


def _home() -> Screen[Any]:
    from tutor.screens.home import Home

    return styled(Home())


def _training() -> Screen[Any]:
    from tutor.screens.training import Training

    return styled(Training())


def _action_commands() -> type[Provider]:
    from tutor.screens.palette import ActionCommands

    return ActionCommands


def _course_commands() -> type[Provider]:
    from tutor.screens.palette import CourseCommands

    return CourseCommands


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

    def __init__(
        self,
        course: Course,
        workspace: Workspace,
        progress: Progress,
        *,
        grader_factory: Connect | None = None,
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
        self.going = Going(self)
        self.grader = SharedGrader(grader_factory)
        self.wall: Wall | None = None
        """Where images hang, in a terminal that draws pixels."""
        self.unsaved: dict[Path, str] = {}
        """Texts that the disk would not take, by their files: remembered as long as the app is open."""
        self._jobs = jobs
        self._editor = open_editor
        self._sweep = Sweep()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        wished = os.environ.get("TEXTUAL_THEME") or self.settings.theme(DARK.name)
        begin_with(self, wished if self.get_theme(wished) else DARK.name)
        self.plain = Plain(enabled=False)
        self._filters = [Gray() if isinstance(one, Monochrome) else one for one in self._filters]
        self._filters.append(self.plain)
        self.take_settings()

    # -- beginning and end --------------------------------------------------------------------------

    def on_mount(self) -> None:
        terminal.put_title_aside(self)
        self.call_after_refresh(self._warm_up)
        if not self.is_headless:
            terminal.listen_to_signals(self._ended_from_outside)
        self.progress.tell = self._tell_of_progress
        if self.progress.notice:
            self._tell_of_progress(self.progress.notice)

    def _ended_from_outside(self, code: int) -> None:
        """The terminal or the system leaves the time to keep what is open."""
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
        self.run_worker(load_screens, name="load the screens", group="load", thread=True, exit_on_error=False)
        self.run_worker(self.grader.warm(), name="warm the grader", group="grader", exit_on_error=False)

    def watch_theme(self, name: str) -> None:
        self.settings.set("theme", name)

    def take_settings(self) -> None:
        """Let what the settings say come true: keys, motion, signs."""
        from textual.constants import TEXTUAL_ANIMATIONS

        self.set_keymap(self.settings.keymap())
        self.animation_level = "none" if self.settings.still else TEXTUAL_ANIMATIONS
        self.plain.enabled = self.settings.ascii
        if not self._running:
            return
        from textual.widgets import TextArea  # and with it tree-sitter, which the first frame does without

        for stack in self._screen_stacks.values():
            for screen in stack:
                for editor in screen.query(TextArea):
                    editor.cursor_blink = not self.settings.still
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
        await self.grader.close()
        terminal.bring_title_back(self)
        self.exit()

    def keep_all(self) -> None:
        """Have every open screen write down what would be lost."""
        for stack in self._screen_stacks.values():
            for screen in stack:
                with contextlib.suppress(Exception):
                    keep = getattr(screen, "keep", None)
                    if keep is not None:
                        keep()

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
        """Show an error as a dialog and go on; returns False where it should end the app."""
        if not self._running or not self._screen_stack:
            return False
        from tutor.screens.telling import tell_error

        return tell_error(self, error)

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
                self.notify(with_keys(words, self), timeout=5)
                return True
        return await super().run_action(action, default_namespace, namespaces)

    # -- the other processes ------------------------------------------------------------------------

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

    # -- from screen to screen ----------------------------------------------------------------------

    def go(self, way: Callable[..., Any], *what: Any) -> None:
        """Take one of the ways of `going` from an action.

        An action runs in the message loop of the widget that has the focus; a widget that waits there
        for its own screen to be removed would wait for ever. So the app itself does it.
        """
        self.call_later(way, *what)

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
        from tutor.screens.palette import desk_commands

        return desk_commands(self, screen)
