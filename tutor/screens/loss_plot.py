"""The plot of a watched run: its loss over steps with the lines to beat, or two runs over tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.screens.run_state import RunState

if TYPE_CHECKING:
    from textual_plot import PlotWidget

UNITS = ((1e9, "B"), (1e6, "M"), (1e3, "k"), (1.0, ""))
CROSSES = 60
"""Signs of the second curve: as many as can be told from each other."""


class LossPlot:
    """Draws on a PlotWidget in a theme's colors; no two lines differ by color alone."""

    def __init__(self, plot: PlotWidget, variables: dict[str, str]) -> None:
        self.plot, self.variables = plot, variables

    def one(self, state: RunState) -> None:
        """A run: its loss by step, its validation losses, and what counting gets you."""
        steps, losses = state.curve()
        self.clear(1.0, "")
        if len(steps) < 2:
            return
        last = float(max(state.last_step, steps[-1]))
        beaten = [(name, state.start.get(f"{name}_loss")) for name in ("unigram", "bigram")]
        lines = [(name, value) for name, value in beaten if isinstance(value, int | float)]
        for (name, value), color in zip(lines, ("text-warning", "text-accent"), strict=False):
            self.line([0.0, last], [value, value], color, name)
        self.line(steps, losses, "text-primary", "loss")
        self.marks([(float(step), loss) for step, loss in state.vals], "●", "text-success", "val")
        self.limits(last, losses, [*(loss for _, loss in state.vals), *(value for _, value in lines)])

    def two(self, this: RunState, that: RunState) -> None:
        """Two runs by tokens: the one watched as a line, the other as crosses; ● and ○ are validation losses."""
        last = max(state.step * state.tokens_per_step for state in (this, that))
        self.clear(*next(unit for unit in UNITS if last >= unit[0] or unit is UNITS[-1]))
        curves, vals = [], []
        for state in (this, that):
            scale = state.tokens_per_step
            steps, losses = state.curve()
            curves.append(([step * scale for step in steps], losses))
            vals.append([(step * scale, loss) for step, loss in state.vals])
        (x, y), (a, b) = curves
        if len(x) < 2 and len(a) < 2:
            return
        every = -(-len(a) // CROSSES) or 1
        self.marks(list(zip(a[::every], b[::every], strict=True)), "+", "text-accent", that.folder.name)
        if x:
            self.line(x, y, "text-primary", this.folder.name)
        self.marks(vals[1], "○", "text-accent", "")
        self.marks(vals[0], "●", "text-success", "")
        self.limits(float(last), [*y, *b], [loss for some in vals for _, loss in some])

    # -- pieces -------------------------------------------------------------------------------------

    def clear(self, unit: float, letter: str) -> None:
        """An empty plot whose numbers below are so many ``unit``: 0.5M, 1.0M."""
        from textual_plot import NumericAxisFormatter

        class Short(NumericAxisFormatter):
            def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
                labels = super().get_labels_for_ticks([tick / unit for tick in ticks])
                return [f"{label}{letter}" if tick else "0" for label, tick in zip(labels, ticks, strict=True)]

        self.plot.clear()
        self.plot.set_x_formatter(Short())

    def line(self, x: list[float], y: list[float], color: str, label: str) -> None:
        """A line of dots, four rows of them in a cell."""
        from textual_plot import HiResMode

        self.plot.plot(x, y, line_style=self.style(color), hires_mode=HiResMode.BRAILLE, label=label)

    def marks(self, points: Sequence[tuple[float, float]], sign: str, color: str, label: str) -> None:
        """A sign at each point."""
        if points:
            x, y = zip(*points, strict=True)
            self.plot.scatter(list(x), list(y), marker=sign, marker_style=self.style(color), label=label or None)

    def limits(self, last: float, losses: list[float], others: list[float]) -> None:
        """Room for the curves and all else; a single wild step does not squeeze the rest."""
        from textual_plot import LegendLocation

        values = sorted([*losses, *others])
        high = max(values[int(len(values) * 0.99)] if len(values) > 100 else values[-1], losses[0])
        room = max(high - values[0], 0.1) * 0.05
        self.plot.set_xlimits(0, last)
        self.plot.set_ylimits(values[0] - room, high + room)
        self.plot.show_legend(LegendLocation.TOPRIGHT)

    def style(self, name: str) -> str:
        """A theme color as a style that rich understands."""
        value = self.variables.get(name, "").split(" ")[0]
        return value.removeprefix("ansi_").replace("default", "white") or "white"
