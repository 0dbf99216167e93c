"""A new run: its options as a form, made from the fields of `gpt2.config`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, Static

from gpt2 import config
from tutor.screens.base import Page
from tutor.screens.telling import tell
from tutor.widgets.bar import Bar, markup
from tutor.widgets.choice import Choice
from tutor.widgets.keys import Keys

FIRST = ("preset", "data", "max_steps")
"""What most runs need; all else is one key away."""


class NewRun(Page):
    """The form."""

    HELP = """\
## A new run

`preset` sets all sizes: nano takes minutes on a laptop, the others are GPT-2's own. An empty field leaves the
choice to the preset and the device. {newrun.forecast|F5} says beforehand what it will take; {newrun.start|F2}
starts it. {newrun.more|F6} shows all options.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,ctrl+s", "begin", "Start", id="newrun.start", tooltip="Start this run"),
        Binding("f5", "forecast", "Forecast", id="newrun.forecast", tooltip="Time and memory beforehand"),
        Binding("f6", "more", "All options", id="newrun.more"),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field before", show=False),
        Binding("escape", "back", "Back", id="newrun.back"),
    ]
    WHERE = "a new run"

    def __init__(self) -> None:
        super().__init__(classes="newrun")
        self._defaults: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Bar("[b]A new run[/]", "[$foreground-muted]↑ ↓ fields   ← → choices[/]")
        with VerticalScroll(id="form", can_focus=False):
            yield from self._fields(first=True)
            yield from self._fields(first=False)
            yield Static(id="problem")
            yield Static(id="forecast")
        yield Keys()

    def _fields(self, first: bool) -> Iterator[Horizontal]:
        fields = {name: (kind, default, words) for name, kind, default, words in config.fields()}
        names = [n for n in FIRST if n in fields] if first else [n for n in fields if n not in FIRST]
        for name in names:
            kind, default, words = fields[name]
            self._defaults[name] = _shown(default)
            row = Horizontal(
                Label(name),
                self._entry(name, kind, default),
                Static(words, classes="help", markup=False),
                classes="field" if first else "field more",
            )
            row.display = first
            yield row

    def _entry(self, name: str, kind: type, default: Any) -> Choice | Input:
        if name in config.CHOICES:
            return Choice(config.CHOICES[name], str(default), id=f"field-{name}")
        if kind is bool:
            return Choice(("false", "true"), str(default).lower(), id=f"field-{name}")
        unset = kind in (int, float) and default in (0, -1)
        return Input(placeholder="auto" if unset else _shown(default), compact=True, id=f"field-{name}")

    def on_mount(self) -> None:
        preset = self.query("#field-preset")
        if preset:
            field = preset.first()
            if isinstance(field, Choice) and "nano" in field.words:
                field.value = "nano"
            field.focus()

    # -- what was entered ---------------------------------------------------------------------------

    def words(self) -> list[str]:
        """NAME=VALUE for everything that is not as it would be anyway."""
        given = []
        for name, default in self._defaults.items():
            field = self.query_one(f"#field-{name}")
            value = str(getattr(field, "value", "")).strip()
            if value and value != default:
                given.append(f"{name}={value}")
        return given

    def checked(self) -> list[str] | None:
        """The words, if they can be; else says what is wrong and returns None."""
        words = self.words()
        problem = self.query_one("#problem", Static)
        try:
            config.parse(words)
        except ValueError as error:
            problem.update(Content.from_markup(f"[b]✗[/] {markup(str(error))}"))
            return None
        problem.update("")
        return words

    @on(Input.Changed)
    @on(Input.Submitted)
    def _entered(self) -> None:
        self.checked()

    def action_more(self) -> None:
        rows = list(self.query(".more"))
        shown = not rows[0].display if rows else False
        for row in rows:
            row.display = shown

    # -- beforehand ---------------------------------------------------------------------------------

    def action_forecast(self) -> None:
        words = self.checked()
        if words is not None:
            self.query_one("#forecast", Static).update("[$text-primary]measuring this machine…[/]")
            self._forecast(words)

    @work(exclusive=True, exit_on_error=False, group="forecast")
    async def _forecast(self, words: list[str]) -> None:
        folder = self._folder(words)
        try:
            ask = partial(self.desk.jobs.ask, "gpt2.train", str(folder), *words, "--dry-run", timeout=180.0)
            done = await asyncio.to_thread(ask)
        except Exception as error:
            text = f"[$text-error]✗ no forecast: {markup(str(error))}[/]"
        else:
            said = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).strip()
            text = markup(said) if done.returncode == 0 else f"[$text-error]✗ {markup(said[-600:])}[/]"
        forecast = self.query_one("#forecast", Static)
        forecast.update(Content.from_markup(text))
        self.call_after_refresh(forecast.scroll_visible, animate=False)

    # -- starting -----------------------------------------------------------------------------------

    def action_begin(self) -> None:
        from tutor.screens.watch import Watch

        words = self.checked()
        if words is None:
            return
        folder = self._folder(words)
        try:
            self.desk.jobs.start_run(folder, words, self.desk.course.parts())
        except OSError as error:
            tell(self.desk, "The run could not be started", f"{error.strerror or error}: {folder}")
            return
        self.desk.go(self.desk.switch_screen, Watch(folder))

    def _folder(self, words: list[str]) -> Path:
        """A name that is free: the preset and a number."""
        preset = next((w.partition("=")[2] for w in words if w.startswith("preset=")), "run")
        stem = re.sub(r"[^\w.-]", "-", preset)
        root = self.desk.runs_root
        number = next(n for n in range(1, 10_000) if not (root / f"{stem}-{n}").exists())
        return root / f"{stem}-{number}"


def _shown(default: Any) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
