"""Training: all runs, and the way to a new one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static
from textual.widgets.option_list import Option

from tutor.screens.base import Page
from tutor.screens.run_state import RunState, age
from tutor.widgets.bar import Bar, markup
from tutor.widgets.keys import Keys
from tutor.widgets.listing import Listing
from tutor.widgets.prose_keys import with_keys

BEAT = 2.0
"""Seconds between looks at the folder of runs."""


class Training(Page):
    """The list of runs."""

    HELP = """\
## Training

A run is a folder with a log, checkpoints and samples. It goes on when this window is closed, and goes on from its
last checkpoint when it is started again. `{training.new|n}` begins a new one, Enter watches one,
`{training.sample|w}` lets one write, `{training.capstone|g}` shows the parts of your GPT-2 and its milestones,
{training.back|Esc} goes back to the course.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New run", id="training.new", tooltip="Choose options and start a run"),
        Binding("w", "sample", "Write", id="training.sample", tooltip="Let the chosen run write"),
        Binding("g", "capstone", "Your GPT", id="training.capstone", tooltip="Your pieces, together: six milestones"),
        Binding("escape", "app.training", "Course", id="training.back", tooltip="Back to the course"),
        Binding("question_mark", "app.help", "Help", show=False, id="training.help", tooltip="What can be done here"),
        Binding("q", "app.quit", "Quit", id="training.quit"),
    ]
    WHERE = "training"

    def __init__(self) -> None:
        super().__init__(classes="training")
        self._states: dict[Path, RunState] = {}
        self._alive: dict[Path, bool] = {}
        self._order: list[Path] = []
        self._looking = False

    def compose(self) -> ComposeResult:
        yield Bar(
            "[b]Training[/]  [$foreground-muted]your GPT-2[/]", "[$foreground-muted]runs go on when this closes[/]"
        )
        yield Static(id="runs-empty")
        yield Listing(id="runs")
        yield Keys()

    def on_mount(self) -> None:
        self.query_one(Listing).focus()
        self.set_interval(BEAT, self.look)

    def on_screen_resume(self) -> None:
        self.look()

    def look(self) -> None:
        """Look at the runs, unless that is just being done."""
        if not self._looking and self.is_current:
            self._looking = True
            self._look()

    @work(exit_on_error=False, group="look")
    async def _look(self) -> None:
        try:
            order, lines = await asyncio.to_thread(self._read)
        finally:
            self._looking = False
        listing = self.query_one(Listing)
        chosen = listing.highlighted
        kept = self._order[chosen] if chosen is not None and chosen < len(self._order) else None
        self._order = order
        with self.app.batch_update():
            listing.clear_options()
            listing.add_options([Option(Content.from_markup(line)) for line in lines])
            if order:
                listing.highlighted = order.index(kept) if kept in order else 0
        self.refresh_bindings()
        empty = self.query_one("#runs-empty", Static)
        empty.display, listing.display = not order, bool(order)
        empty.update(
            with_keys(
                "No runs yet. [b $text-accent]{training.new|n}[/] starts one: the nano preset trains in minutes on a "
                "laptop, from the documentation that is installed on this machine, without a network.",
                self.app,
                markup,
            )
        )
        if not order:
            self.set_focus(None)
        elif self.focused is None:
            listing.focus()

    def _read(self) -> tuple[list[Path], list[str]]:
        """In a thread: the runs and a line for each."""
        folders = list(self.desk.jobs.runs(self.desk.runs_root))
        lines = []
        for folder in folders:
            state = self._states.setdefault(folder, RunState(folder))
            state.read()
            self._alive[folder] = self.desk.jobs.run_alive(folder)
            lines.append(self._line(folder, state))
        return folders, lines

    def _line(self, folder: Path, state: RunState) -> str:
        sign, word, color = state.state(self._alive[folder])
        loss = f"loss {state.steps[-1]['loss']:.3f}" if state.steps else ""
        val = f"val {state.vals[-1][1]:.3f}" if state.vals else ""
        steps = f"step {state.step:,} of {state.last_step:,}" if state.last_step else ""
        wide = self.size.width >= 90 and word not in ("running", "preparing")
        when = f"  [$foreground-muted]{age(folder / 'log.jsonl')}[/]" if wide else ""
        return f"[{color}]{sign} {word:<9}[/]  [b]{markup(folder.name):<12}[/]  {steps:<20}  {loss:<10}  {val:<9}{when}"

    def on_option_list_option_selected(self, event: Listing.OptionSelected) -> None:
        from tutor.screens.watch import Watch

        folder = self._order[event.option_index]
        watch = Watch(folder, self._states[folder], self._alive[folder])
        self.desk.go(self.desk.going.open_page, watch)

    def action_sample(self) -> None:
        from tutor.screens.sampling import Sampling

        chosen = self.query_one(Listing).highlighted
        if chosen is not None and chosen < len(self._order):
            self.desk.go(self.desk.going.open_page, Sampling(self._order[chosen]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.why_not(action, parameters) or None

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        return "There is no run yet that could write: n starts one." if action == "sample" and not self._order else ""

    def action_capstone(self) -> None:
        from tutor.screens.capstone import Capstone

        self.desk.go(self.desk.going.open_page, Capstone())

    def action_new(self) -> None:
        from tutor.screens.new_run import NewRun

        self.desk.go(self.desk.going.open_page, NewRun())
