"""A verdict in text: the ladder as it lights up, what went wrong, and the mistake by its name."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from graders.report import Check, Report, check_from_json
from tutor.commands import paper
from tutor.commands.paper import indented, reflowed

QUIET_AT_ZERO = ("nan", "inf", "largest_error")
SIGNS = {"passed": "✓", "waiting": "·"}
WORDS = {
    "passed": "passed",
    "failed": "not yet",
    "error": "stopped with an error",
    "timeout": "took too long",
    "limit": "went over a limit",
    "forbidden": "uses something this exercise does without",
    "broken": "could not be judged; this is not your code",
}
STYLES = {"passed": "green", "waiting": "dim"}
NOT_IN_TABLE = ("picture", "lens", "graph", "observation", "kind", "remark", "wrong", "of", "rtol", "atol")
"""Details that are drawn below the table, or that the message has already put into words."""


class Ladder:
    """Follows the events of one check; on a terminal each rung lights up as it is known, and leaves for the report."""

    def __init__(self, title: str, quiet: bool = False) -> None:
        self.title = title
        self.checks: dict[str, Check] = {}
        self._live = paper.terminal() and not quiet and not paper.still()
        self._drawn = 0

    def __enter__(self) -> Ladder:
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._erase()
        sys.stdout.flush()

    def on(self, event: dict[str, Any]) -> None:
        """Take in one event of the grader."""
        if event["event"] == "ladder":
            self.checks = {c["name"]: Check(c["name"], c["title"], "waiting") for c in event["checks"]}
        elif event["event"] == "check":
            check = check_from_json(event["check"])
            self.checks[check.name] = check
        self._draw()

    def _draw(self) -> None:
        if not self._live:
            return
        self._erase()
        room = paper.width() - 5  # a line that wraps would be two to erase
        lines = [paper.styled(self.title, "bold") + paper.styled("  checking…", "dim")]
        lines += [rung(check, room) for check in self.checks.values()]
        print("\n".join(lines), flush=True)
        self._drawn = len(lines)

    def _erase(self) -> None:
        if self._drawn:
            print(f"\x1b[{self._drawn}F\x1b[J", end="")
            self._drawn = 0


def rung(check: Check, room: int | None = None) -> str:
    """One line of the ladder, its title cut to ``room`` columns."""
    sign = SIGNS.get(check.outcome, "✗")
    style = STYLES.get(check.outcome, "red")
    title = check.title[:room]
    return paper.styled(f"  {sign} ", style) + paper.styled(title, "dim" if check.outcome == "waiting" else "")


def show(report: Report, title: str, after: str = "") -> None:
    """Print a whole report."""
    good = report.passed
    timing = f"  {report.seconds:.2f} s, seed {report.seed}" if report.checks else ""
    words = paper.styled(WORDS[report.status], "bold green" if good else "bold red")
    print(f"{paper.styled(title, 'bold')}  {words}{paper.styled(timing, 'dim')}")
    if report.message:
        indented(report.message, 2)
    for check in report.checks:
        print(rung(check))
        if check.outcome not in ("passed", "waiting"):
            _explain(check)
        elif check.message:  # passed, with a slip that is allowed
            indented(check.message, 6)
    for mistake in report.mistakes:
        print()
        indented(f"This looks like {mistake.name}: {mistake.says}", 2, "yellow")
    if report.output.strip():
        print()
        indented("Your code printed:", 2, "dim")
        indented(report.output.rstrip(), 4, wrap=False)
    if good and after:
        print()
        indented(reflowed(after), 2)


def _explain(check: Check) -> None:
    """What is known about a rung that did not hold."""
    if check.message:
        indented(check.message, 6)
    facts = []
    for key, value in check.details.items():
        if key in NOT_IN_TABLE or value in (None, "", [], {}) or (key in QUIET_AT_ZERO and not value):
            continue
        words = f"{plain(value)}, {_allowed(check.details)}" if key == "largest_error" else plain(value)
        facts.append((key.replace("_", " "), words))
    width = max((len(key) for key, _ in facts), default=0)
    for key, words in facts:
        indented(f"{key:<{width}}  {words}", 6, "dim")
    if picture := check.details.get("picture"):
        indented(str(picture), 6, wrap=False)
    flowed(check.details)


def flowed(details: Mapping[str, Any]) -> None:
    """What the lens saw: shapes line by line, and the graph where one is asked for."""
    lens = details.get("lens")
    if isinstance(lens, Sequence) and lens:
        _lens(lens)
    if graph := details.get("graph"):
        indented("The graph that autograd has recorded:", 6, "dim")
        indented(str(graph), 6, wrap=False)


def _allowed(details: dict[str, Any]) -> str:
    return f"allowed {plain(details.get('atol'))} + {plain(details.get('rtol'))} x |expected|"


def _lens(lines: Sequence[Any]) -> None:
    """The learner's lines, and beside each the shapes that it assigned."""
    indented("Shapes on the way:", 6, "dim")
    for line in lines:
        words = ", ".join(f"{name} {value}" for name, value in line.get("values", {}).items())
        indented(f"{line['line']:>4}  {str(line.get('text', '')).rstrip()}", 6, wrap=False)
        indented(f"↳ {words}", 14, "dim")


def plain(value: Any) -> str:
    """A detail in words."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(plain(v) for v in value) + ")"
    if isinstance(value, dict):
        return ", ".join(f"{k} {plain(v)}" for k, v in value.items())
    return str(value)


def spinner(words: str) -> AbstractContextManager[Any]:
    """A sign of life on a terminal; silence elsewhere."""
    if not paper.terminal() or paper.still():
        return nullcontext()
    from rich.console import Console

    return Console().status(words)
