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

from tutor.screens.base import Dialog, Page
from tutor.screens.run_state import RunState, span
from tutor.widgets.bar import Bar, markup, progress_line
from tutor.widgets.keys import Keys

BEAT = 0.5
"""Seconds between looks at the log: a plot of 400 points takes some 10 ms to draw."""


class Watch(Page):
    """One run."""

    HELP = """\
## Watching a run

The curve is the training loss; ● marks validation losses. The two lines are what counting gets you: *unigram*
knows how often each token occurs, *bigram* also which follows which. A model below the bigram line has
learned something that no table of pairs can hold. `s` stops the run after saving a checkpoint; it can go
on later (`g`). `w` lets its newest checkpoint write. Closing this window does not stop it.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop", "Stop", id="watch.stop", tooltip="Save a checkpoint and stop"),
        Binding("g", "go_on", "Go on", id="watch.resume", tooltip="Go on from the last checkpoint"),
        Binding("w", "sample", "Write", id="watch.sample", tooltip="Let the newest checkpoint write"),
        Binding("escape,q", "back", "Runs", id="watch.back", tooltip="Back to the list of runs"),
        Binding("question_mark", "app.help", "Help", show=False, id="watch.help"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(classes="watch")
        self.folder = folder
        self.state = RunState(folder)
        self.alive = True
        self._looking = False
        self._drawn = -1

    def where(self) -> str:
        return f"run {self.folder.name}"

    def compose(self) -> ComposeResult:
        from textual_plot import PlotWidget  # brings numpy: 0.4 s, so only here

        yield Bar(f"[b]{markup(self.folder.name)}[/]")
        with Container(id="watch"):
            plot = PlotWidget(id="plot", allow_pan_and_zoom=False)
            plot.can_focus = False
            yield plot
            with VerticalScroll(id="side"):
                yield Static(id="numbers")
                yield Static(id="health")
                yield Static(id="sample")
        yield Keys()

    def on_mount(self) -> None:
        from textual_plot import PlotWidget

        plot = self.query_one(PlotWidget)
        plot.margin_top, plot.margin_bottom, plot.margin_left = 1, 2, 6
        self.query_one("#side").focus()
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
        was = self.alive
        try:
            await asyncio.to_thread(self.state.read)
            self.alive = await asyncio.to_thread(self.desk.jobs.run_alive, self.folder)
        finally:
            self._looking = False
        if self.state.taken != self._drawn or was != self.alive:
            self._drawn = self.state.taken
            self._draw()
        if was != self.alive:
            self.refresh_bindings()

    # -- drawing ------------------------------------------------------------------------------------

    def _draw(self) -> None:
        state = self.state
        sign, word, color = state.state(self.alive)
        share = f"  step {state.step:,} of {state.last_step:,}" if state.last_step else ""
        self.query_one(Bar).right = f"[{color}]{sign} {word}[/]{share}"
        self.query_one("#numbers", Static).update(Content.from_markup(self._numbers()))
        self._set("health", self._health())
        self._set("sample", self._sample())
        self._draw_plot()

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
        rows.append("   ".join(self._lines_to_beat()))
        speed = last.get("tokens_per_second")
        rows.append(
            f"{muted}lr[/] {_number(last.get('lr'), '.2e')}   {muted}norm[/] {_number(last.get('norm'), '.2f')}"
            f"   {muted}tokens/s[/] {_number(speed, ',.0f')}"
        )
        if state.stop and state.stop.get("message"):
            rows.append(markup(str(state.stop["message"])))
        return "\n".join(row for row in rows if row)

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
        from textual_plot import HiResMode, LegendLocation, PlotWidget

        plot = self.query_one(PlotWidget)
        colors = self.app.theme_variables
        steps, losses = self.state.curve()
        plot.clear()
        if len(steps) < 2:
            return
        last = float(max(self.state.last_step, steps[-1]))
        for name, color in (("unigram", "text-warning"), ("bigram", "text-accent")):
            line = self.state.start.get(f"{name}_loss")
            if isinstance(line, (int, float)):
                plot.plot(
                    [0.0, last],
                    [line, line],
                    line_style=_style(colors, color),
                    hires_mode=HiResMode.BRAILLE,
                    label=name,
                )
        plot.plot(steps, losses, line_style=_style(colors, "text-primary"), hires_mode=HiResMode.BRAILLE, label="loss")
        if self.state.vals:
            plot.scatter(
                [float(step) for step, _ in self.state.vals],
                [loss for _, loss in self.state.vals],
                marker="●",
                marker_style=_style(colors, "text-success"),
                label="val",
            )
        plot.set_xlimits(0, last)
        plot.set_ylimits(*self._limits(losses))
        plot.show_legend(LegendLocation.TOPRIGHT)

    def _limits(self, losses: list[float]) -> tuple[float, float]:
        """Room for the curve and both lines; a single wild step does not squeeze the rest."""
        lines = [self.state.start.get(f"{name}_loss") for name in ("unigram", "bigram")]
        values = sorted([*losses, *(v for v in lines if isinstance(v, (int, float)))])
        high = max(values[int(len(values) * 0.99)] if len(values) > 100 else values[-1], losses[0])
        low = min(values[0], *(loss for _, loss in self.state.vals)) if self.state.vals else values[0]
        room = max(high - low, 0.1) * 0.05
        return low - room, high + room

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

    def action_sample(self) -> None:
        from tutor.screens.sampling import Sampling

        self.desk.go(self.desk.open_page, Sampling(self.folder))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop":
            return self.alive
        if action == "go_on":
            finished = (self.state.stop or {}).get("reason") == "finished"
            return not self.alive and bool(self.state.steps) and not finished
        return True


def _number(value: Any, form: str) -> str:
    return f"{value:{form}}" if isinstance(value, (int, float)) else "…"


def _style(variables: dict[str, str], name: str) -> str:
    """A theme color as a style that rich understands."""
    value = variables.get(name, "").split(" ")[0]
    return value.removeprefix("ansi_").replace("default", "white") or "white"
