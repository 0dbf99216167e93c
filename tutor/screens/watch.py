"""A run, watched: the loss as it falls, the lines to beat, and whether it is healthy."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tutor import versus
from tutor.screens.base import Dialog, Page
from tutor.screens.run_state import RunState, size, span
from tutor.widgets.bar import Bar, markup, progress_line
from tutor.widgets.keys import Keys

BEAT = 0.5
"""Seconds between looks at the log: a plot of 400 points takes some 10 ms to draw."""


class Watch(Page):
    """One run."""

    HELP = """\
## Watching a run

The curve is the training loss; ● marks validation losses. The two lines are what counting gets you: *unigram* knows
how often each token occurs, *bigram* also which follows which. A model below the bigram line has learned something
that no table of pairs can hold. `{watch.stop|s}` stops the run after saving a checkpoint; it can go on later
(`{watch.resume|g}`). `{watch.sample|w}` lets its newest checkpoint write. Closing this window does not stop it.

`{watch.compare|c}` lays another run over it: both losses by tokens, this one as a line, the other as crosses (● and
○ are their validation losses); what differs in their settings, and their losses after equal numbers of tokens.
*mfu* is the share of the device's matmul rate that the training keeps busy.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop", "Stop", id="watch.stop", tooltip="Save a checkpoint and stop"),
        Binding("g", "go_on", "Go on", id="watch.resume", tooltip="Go on from the last checkpoint"),
        Binding("w", "sample", "Write", id="watch.sample", tooltip="Let the newest checkpoint write"),
        Binding("c", "compare", "Compare", id="watch.compare", tooltip="Lay another run over this one"),
        Binding("escape,q", "back", "Runs", id="watch.back", tooltip="Back to the list of runs"),
        Binding("question_mark", "app.help", "Help", show=False, id="watch.help", tooltip="What can be done here"),
    ]

    def __init__(self, folder: Path, known: RunState | None = None, alive: bool = True) -> None:
        """``known`` and ``alive`` are what the list of runs last saw: the first frame shows that."""
        super().__init__(classes="watch")
        self.folder = folder
        self._own = RunState(folder)  # the list may just be reading its own
        self.state = known or self._own
        self.other: RunState | None = None
        self.alive = alive
        self._looking = False
        self._drawn: object = None

    def where(self) -> str:
        return f"run {self.folder.name}"

    def compose(self) -> ComposeResult:
        from textual_plot import PlotWidget  # brings numpy: 0.4 s, so only here

        yield Bar(f"[b]{markup(self.folder.name)}[/]")
        with Container(id="watch"):
            plot = PlotWidget(id="plot", allow_pan_and_zoom=False)
            plot.can_focus = False
            plot.visible = False  # until there is a curve to draw
            yield plot
            with VerticalScroll(id="side"):
                yield Static(id="numbers")
                yield Static(id="versus")
                yield Static(id="health")
                yield Static(id="sample")
        yield Keys()

    def on_mount(self) -> None:
        from textual_plot import PlotWidget

        plot = self.query_one(PlotWidget)
        plot.margin_top, plot.margin_bottom, plot.margin_left = 1, 2, 6
        self.query_one("#side").focus()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw_plot())  # its colors are drawn, not styled
        if self.state.taken:
            self._drawn = self._taken()
            self._draw()
        self.set_interval(BEAT, self.look)
        self.look()

    def look(self) -> None:
        """Look at the log, unless that is just being done: two readers would each get half of it."""
        if not self._looking and self.is_current:
            self._looking = True
            self._look()

    @work(exit_on_error=False, group="look")
    async def _look(self) -> None:
        """Read on in a thread, and redraw if there is news."""
        was, other = self.alive, self.other
        try:
            await asyncio.to_thread(self._own.read)
            if other is not None:
                await asyncio.to_thread(other.read)
            self.alive = await asyncio.to_thread(self.desk.jobs.run_alive, self.folder)
        finally:
            self._looking = False
        self.state = self._own
        taken = self._taken()
        if taken != self._drawn or was != self.alive:
            self._drawn = taken
            self._draw()
        if was != self.alive:
            self.refresh_bindings()

    def _taken(self) -> object:
        """What there is to draw: another value means that there is news."""
        return (self.state.taken, self.other and (self.other.folder, self.other.taken))

    # -- drawing ------------------------------------------------------------------------------------

    def _draw(self) -> None:
        state = self.state
        self.set_class(self.other is not None, "-versus")
        sign, word, color = state.state(self.alive)
        share = f"  step {state.step:,} of {state.last_step:,}" if state.last_step else ""
        self.query_one(Bar).right = f"[{color}]{sign} {word}[/]{share}"
        self.query_one("#numbers", Static).update(Content.from_markup(self._numbers()))
        self._set("versus", self._versus())
        self._set("health", self._health())
        self._set("sample", self._sample())
        self.call_after_refresh(self._draw_plot)  # the numbers first: the curve takes as long again

    def _set(self, name: str, text: str) -> None:
        static = self.query_one(f"#{name}", Static)
        static.display = bool(text)
        static.update(Content.from_markup(text))

    def _numbers(self) -> str:
        state = self.state
        if not state.steps:
            if self.alive:
                return "[$text-primary]preparing data and model… the first step comes in a moment[/]"
            return f"[$text-error]The run ended before its first step.[/]\n{markup(self._last_words())}"
        last, muted = state.steps[-1], "[$foreground-muted]"
        share = state.step / state.last_step if state.last_step else 0.0
        left = f" · about {span(state.seconds_left())} left" if self.alive and state.stop is None else ""
        rows = [f"{progress_line(state.step, state.last_step, 16)}  {share:.0%}{left}"]
        val = f"   {muted}val[/] [b]{state.vals[-1][1]:.3f}[/] at {state.vals[-1][0]:,}" if state.vals else ""
        rows.append(f"{muted}loss[/] [b]{_number(last['loss'], '.3f')}[/]{val}")
        if self.other is None:
            rows.append("   ".join(self._lines_to_beat()))
        rows.append("   ".join(f"{muted}{name}[/] {words}" for name, words in _measured(last)))
        if state.stop and state.stop.get("message"):
            rows.append(markup(str(state.stop["message"])))
        return "\n".join(row for row in rows if row)

    def _versus(self) -> str:
        return markup("\n".join(versus.table(self.state, self.other))) if self.other is not None else ""

    def _lines_to_beat(self) -> list[str]:
        best = self.state.vals[-1][1] if self.state.vals else None
        parts = []
        for name in ("unigram", "bigram"):
            line = self.state.start.get(f"{name}_loss")
            if isinstance(line, (int, float)):
                beaten = " [b $success]✓ beaten[/]" if best is not None and best < line else ""
                parts.append(f"[$foreground-muted]{name}[/] {line:.3f}{beaten}")
        return parts

    def _health(self) -> str:
        remarks = self.state.remarks()
        if remarks:
            return "\n".join(f"[b $text-warning]! {markup(r.says)}[/]\n  {markup(r.advice)}" for r in remarks)
        return "[$success]✓[/] healthy so far" if len(self.state.steps) >= 5 else ""

    def _sample(self) -> str:
        sample = self.state.sample
        if sample is None:
            return ""
        text = markup(" ".join(str(sample.get("text", "")).split())[:600])
        return f"[$foreground-muted]sample at step {sample.get('step', 0):,}[/]\n{text}"

    def _last_words(self) -> str:
        try:
            lines = (self.folder / "train.out").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-6:])

    def _draw_plot(self) -> None:
        from textual_plot import PlotWidget

        from tutor.screens.loss_plot import LossPlot

        plot = self.query_one(PlotWidget)
        plot.visible = True
        drawing = LossPlot(plot, self.app.theme_variables)
        if self.other is None:
            drawing.one(self.state)
        else:
            drawing.two(self.state, self.other)

    # -- doing --------------------------------------------------------------------------------------

    @work(exit_on_error=False, group="ask")
    async def action_stop(self) -> None:
        answer = await self.app.push_screen_wait(
            Dialog(
                "Stop this run?",
                "It saves a checkpoint first and can go on from there later.",
                [("s", "stop"), ("n", "let it run")],
            )
        )
        if answer == "s":
            await asyncio.to_thread(self.desk.jobs.stop_run, self.folder)
            self.look()

    def action_go_on(self) -> None:
        self.state.stop = None
        self.desk.jobs.start_run(self.folder, [])
        self.alive = True
        self._draw()
        self.refresh_bindings()

    @work(exit_on_error=False, group="ask")
    async def action_compare(self) -> None:
        from tutor.screens.pick_run import PickRun

        others = [f for f in await asyncio.to_thread(self.desk.jobs.runs, self.folder.parent) if f != self.folder]
        if not others:
            self.notify("There is no other run beside this one yet.")
            return
        now = self.other.folder if self.other is not None else None
        chosen = await self.app.push_screen_wait(PickRun(self.folder, others, now))
        if chosen is not None:
            self.other = RunState(chosen) if chosen != self.folder else None
            self.look()

    def action_sample(self) -> None:
        from tutor.screens.sampling import Sampling

        self.desk.go(self.desk.going.open_page, Sampling(self.folder))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop":
            return self.alive
        if action == "go_on":
            finished = (self.state.stop or {}).get("reason") == "finished"
            return not self.alive and bool(self.state.steps) and not finished
        return True


def _measured(step: dict[str, Any]) -> list[tuple[str, str]]:
    """A step's numbers besides its loss, those that its log has."""
    forms = {"lr": ".2e", "norm": ".2f", "tokens_per_second": ",.0f", "mfu": ".0%"}
    there = {name: form for name, form in forms.items() if name in step}
    words = [(name.replace("_per_second", "/s"), _number(step[name], form)) for name, form in there.items()]
    return words + ([("memory", size(step["memory"]))] if step.get("memory") else [])


def _number(value: Any, form: str) -> str:
    return f"{value:{form}}" if isinstance(value, (int, float)) else "…"
