"""A verdict in text: the ladder as it lights up, what went wrong, and the mistake by its name."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from graders.report import Check, Report, check_from_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

QUIET_AT_ZERO = ("nan", "inf", "largest_error")
SIGNS = {"passed": "✓", "waiting": "·"}
WORDS = {
    "passed": "passed",
    "failed": "not yet",
    "error": "stopped with an error",
    "timeout": "took too long",
    "limit": "went over a limit",
    "forbidden": "uses something this exercise does without",
    "broken": "the grader itself failed; your code was not judged",
}
STYLES = {"passed": "green", "waiting": "dim"}
NOT_IN_TABLE = ("picture", "lens", "graph", "observation", "kind", "remark", "wrong", "of", "rtol", "atol")
"""Details that are drawn below the table, or that the message has already put into words."""


class Ladder:
    """Follows the events of one check; redraws on a terminal, prints each rung once elsewhere."""

    def __init__(self, console: Console, title: str, quiet: bool = False) -> None:
        self.console, self.title, self.quiet = console, title, quiet
        self.checks: dict[str, Check] = {}
        self.live: Live | None = None

    def __enter__(self) -> Ladder:
        if not self.quiet and self.console.is_terminal:
            from rich.live import Live

            self.live = Live(self._rungs(), console=self.console, refresh_per_second=20, transient=True)
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()

    def on(self, event: dict[str, Any]) -> None:
        """Take in one event of the grader."""
        if event["event"] == "ladder":
            self.checks = {c["name"]: Check(c["name"], c["title"], "waiting") for c in event["checks"]}
        elif event["event"] == "check":
            check = check_from_json(event["check"])
            self.checks[check.name] = check
        if self.live:
            self.live.update(self._rungs())

    def _rungs(self) -> Any:
        from rich.text import Text

        heading = Text.assemble((self.title, "bold"), ("  checking…", "dim"))
        return Text("\n").join([heading, *(rung(check) for check in self.checks.values())])


def rung(check: Check) -> Any:
    """One line of the ladder."""
    from rich.text import Text

    sign = SIGNS.get(check.outcome, "✗")
    style = STYLES.get(check.outcome, "red")
    return Text.assemble(("  " + sign + " ", style), (check.title, "dim" if check.outcome == "waiting" else ""))


def show(console: Console, report: Report, title: str, after: str = "") -> None:
    """Print a whole report."""
    from rich.text import Text

    good = report.passed
    timing = f"  {report.seconds:.2f} s, seed {report.seed}" if report.checks else ""
    words = (WORDS[report.status], "bold green" if good else "bold red")
    console.print(Text.assemble((title, "bold"), "  ", words, (timing, "dim")))
    if report.message:
        indented(console, report.message, 2)
    for check in report.checks:
        console.print(rung(check))
        if check.outcome not in ("passed", "waiting"):
            _explain(console, check)
        elif check.message:  # passed, with a slip that is allowed
            indented(console, check.message, 6)
    for mistake in report.mistakes:
        console.print()
        indented(console, f"This looks like {mistake.name}: {mistake.says}", 2, "yellow")
    if report.output.strip():
        console.print()
        indented(console, "Your code printed:", 2, "dim")
        indented(console, report.output.rstrip(), 4, wrap=False)
    if good and after:
        console.print()
        indented(console, reflowed(after), 2)


def indented(console: Console, text: str, by: int, style: str = "", wrap: bool = True) -> None:
    """Print text set in from the left: wrapped to a terminal's width, whole elsewhere."""
    from rich.padding import Padding
    from rich.text import Text

    if wrap and console.is_terminal:
        console.print(Padding(Text(text, style=style), (0, 0, 0, by)))
    else:
        for line in text.splitlines():
            console.print(Text(" " * by + line if line else "", style=style), soft_wrap=True)


def reflowed(text: str) -> str:
    """Prose with its lines joined to paragraphs; what is indented or listed keeps its lines."""
    paragraphs = []
    for paragraph in text.strip().split("\n\n"):
        lines = paragraph.splitlines()
        loose = any(line.startswith((" ", "-", "*", "`")) for line in lines)
        paragraphs.append(paragraph if loose else " ".join(lines))
    return "\n\n".join(paragraphs)


def _explain(console: Console, check: Check) -> None:
    """What is known about a rung that did not hold."""
    if check.message:
        indented(console, check.message, 6)
    facts = []
    for key, value in check.details.items():
        if key in NOT_IN_TABLE or value in (None, "", [], {}) or (key in QUIET_AT_ZERO and not value):
            continue
        words = f"{plain(value)}, {_allowed(check.details)}" if key == "largest_error" else plain(value)
        facts.append((key.replace("_", " "), words))
    width = max((len(key) for key, _ in facts), default=0)
    for key, words in facts:
        indented(console, f"{key:<{width}}  {words}", 6, "dim")
    if picture := check.details.get("picture"):
        indented(console, str(picture), 6, wrap=False)
    flowed(console, check.details)


def flowed(console: Console, details: Mapping[str, Any]) -> None:
    """What the lens saw: shapes line by line, and the graph where one is asked for."""
    lens = details.get("lens")
    if isinstance(lens, Sequence) and lens:
        _lens(console, lens)
    if graph := details.get("graph"):
        indented(console, "The graph that autograd has recorded:", 6, "dim")
        indented(console, str(graph), 6, wrap=False)


def _allowed(details: dict[str, Any]) -> str:
    return f"allowed {plain(details.get('atol'))} + {plain(details.get('rtol'))} x |expected|"


def _lens(console: Console, lines: Sequence[Any]) -> None:
    """The learner's lines, and beside each the shapes that it assigned."""
    indented(console, "Shapes on the way:", 6, "dim")
    for line in lines:
        words = ", ".join(f"{name} {value}" for name, value in line.get("values", {}).items())
        indented(console, f"{line['line']:>4}  {str(line.get('text', '')).rstrip()}", 6, wrap=False)
        indented(console, f"↳ {words}", 14, "dim")


def plain(value: Any) -> str:
    """A detail in words."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(plain(v) for v in value) + ")"
    if isinstance(value, dict):
        return ", ".join(f"{k} {plain(v)}" for k, v in value.items())
    return str(value)


def spinner(console: Console, words: str) -> AbstractContextManager[Any]:
    """A sign of life on a terminal; silence elsewhere."""
    return console.status(words) if console.is_terminal and sys.stdout.isatty() else nullcontext()
