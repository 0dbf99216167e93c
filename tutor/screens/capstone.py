"""The capstone: whose each part of the GPT is, and the six milestones, run from here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import RichLog, Static
from textual.widgets.option_list import Option

from tutor import mygpt
from tutor.processes import child_environment
from tutor.screens.base import Page
from tutor.widgets.bar import Bar, markup, minutes
from tutor.widgets.keys import Keys
from tutor.widgets.listing import Listing

SIGNS = {"passed": "[$text-success]✓ passed [/]", "not yet": "[$text-error]✗ not yet[/]", "new": "· new    "}


class Capstone(Page):
    """Six milestones, and the parts table beside them."""

    HELP = """\
## Your GPT-2

What you passed is put together in `mygpt`, a folder beside your files that runs without Gradatim. A piece that
you have not written yet is borrowed, and the table says so; so does the report of every milestone.
Enter runs the chosen milestone. Its words appear below, and what it found is kept.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop", "Stop", id="capstone.stop", tooltip="Stop the milestone that is running"),
        Binding("escape", "back", "Back", id="capstone.back", tooltip="Back to the runs; what runs here is stopped"),
        Binding("question_mark", "app.help", "Help", show=False, id="capstone.help", tooltip="What can be done here"),
    ]  # fmt: skip
    WHERE = "capstone"
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (60, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it so

    def __init__(self) -> None:
        super().__init__(classes="capstone")
        self.process: asyncio.subprocess.Process | None = None
        self.running = ""

    @property
    def folder(self) -> Path:
        """Where the package lies: beside the learner's files."""
        return self.desk.workspace.home / "mygpt"

    def compose(self) -> ComposeResult:
        yield Bar("[b]Your GPT-2[/]  [$foreground-muted]out of your own pieces[/]", "[$foreground-muted]mygpt[/]")
        with Container(id="capstone"):
            yield Listing(id="milestones")
            with VerticalScroll(id="parts", can_focus=False):
                yield Static(id="parts-text")
        yield RichLog(id="said", wrap=True, markup=False, highlight=False)
        yield Keys()

    def on_mount(self) -> None:
        self.query_one("#said", RichLog).can_focus = False
        self.query_one(Listing).focus()
        self.draw()

    def draw(self) -> None:
        """Show where the learner stands."""
        found = mygpt.standings(self.folder)
        listing = self.query_one(Listing)
        chosen = listing.highlighted
        listing.clear_options()
        listing.add_options([Option(Content.from_markup(self.line(one, found))) for one in mygpt.MILESTONES])
        listing.highlighted = chosen if chosen is not None else self.first_open(found)
        table = mygpt.pieces(self.desk.course)
        mine = sum(piece.source is not None for piece in table)
        rows = [
            f"[$text-secondary]★[/] {piece.slot:<10} yours" if piece.source is not None
            else f"[$foreground-muted]· {piece.slot:<10} borrowed[/]"
            for piece in table
        ]  # fmt: skip
        self.query_one("#parts-text", Static).update("\n".join([f"[b]{mine} of {len(table)} are yours[/]", *rows]))

    def line(self, one: mygpt.Milestone, found: Mapping[str, dict[str, Any]]) -> str:
        """A milestone in two lines."""
        status = mygpt.status(found, one.name)
        sign = "[$text-accent]▶ running[/]" if self.running == one.name else SIGNS[status]
        length = f"[$foreground-muted]{minutes(one.minutes)}[/]"
        return f"{sign}  [b]{markup(one.title)}[/]  {length}\n  [$foreground-muted]{markup(one.says)}[/]"

    @staticmethod
    def first_open(found: Mapping[str, dict[str, Any]]) -> int:
        """The first milestone that has not passed."""
        passed = [mygpt.status(found, one.name) == "passed" for one in mygpt.MILESTONES]
        return passed.index(False) if False in passed else 0

    def on_option_list_option_selected(self, event: Listing.OptionSelected) -> None:
        if self.running:
            self.notify("One milestone at a time: s stops the one that runs.")
            return
        self.run_milestone(mygpt.MILESTONES[event.option_index])

    @work(exclusive=True, group="milestone", exit_on_error=False)
    async def run_milestone(self, one: mygpt.Milestone) -> None:
        """Put the package together and run one program of it; its words go to the lower half."""
        said = self.query_one("#said", RichLog)
        said.clear()
        self.running = one.name
        self.draw()
        try:
            await asyncio.to_thread(mygpt.assemble, self.desk.course, self.folder)
            if (handout := mygpt.handout(self.folder)) is not None:
                said.write("Collecting the documentation that came with Python and torch, once…")
                await self.say(handout, child_environment())
            await self.say(mygpt.command(one), mygpt.environment(self.folder))
        finally:
            self.running, self.process = "", None
            self.draw()

    async def say(self, command: list[str], environment: dict[str, str]) -> None:
        """Run a program and show its lines as they come."""
        pipe, out = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
        self.process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=out
        )
        assert self.process.stdout is not None
        said = self.query_one("#said", RichLog)
        async for line in self.process.stdout:
            said.write(line.decode("utf-8", "replace").rstrip())
        await self.process.wait()

    def action_stop(self) -> None:
        """End the program that runs; what it had written stays."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def on_unmount(self) -> None:
        self.action_stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to stop only while something runs."""
        return None if action == "stop" and not self.running else True
