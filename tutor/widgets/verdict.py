"""The ladder of checks, as it lights up, and the verdict with everything that helps to understand it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from graders.report import Check, Report
from tutor.widgets.bar import markup
from tutor.widgets.facts import facts
from tutor.widgets.prose import flow, inline, prose
from tutor.widgets.prose_keys import with_keys

SIGNS: dict[str, tuple[str, str, str]] = {
    "passed": ("✓", "$success", ""),
    "failed": ("✗", "$error", ""),
    "error": ("✗", "$error", ""),
    "forbidden": ("⊘", "$warning", "not allowed here"),
    "timeout": ("◷", "$warning", "too slow"),
    "limit": ("▲", "$warning", "stopped at a limit"),
    "waiting": ("·", "$foreground-muted", ""),
}
HEADLINES = {
    "failed": ("✗", "$error", "Not yet"),
    "error": ("✗", "$error", "Your code stopped with an error"),
    "forbidden": ("⊘", "$warning", "A call that this exercise asks you to do without"),
    "timeout": ("◷", "$warning", "Stopped: it took too long"),
    "limit": ("▲", "$warning", "Stopped at a limit"),
    "broken": ("!", "$warning", "It could not be judged; this is not your code"),
}

LOW = 16
"""Rows below which what passed is summed up in one."""


class Verdict(VerticalScroll):
    """Shows one check of one submission, from the first moment to the last word."""

    HELP = """\
## Checks

They stand in the order of causes: after the first that fails the rest wait, because they would only
repeat it. *This looks like* names a known mistake that your code agrees with on three fresh inputs.
"""
    DEFAULT_CSS = """
    Verdict { padding: 0 1; scrollbar-gutter: stable; }
    Verdict Static { height: auto; margin: 0 0 1 0; }
    Verdict .gone { display: none; }
    Verdict #verdict-mistake { border-left: outer $warning; padding: 0 1; background: $warning 12%; }
    Verdict #verdict-after { border-left: outer $success; padding: 0 1; background: $success 10%; }
    Verdict #verdict-ladder, Verdict #verdict-message { margin: 0; }
    Verdict #verdict-message { padding: 0 0 0 2; }
    Verdict #verdict-output { color: $text-muted; }
    """
    PARTS = ("head", "mistake", "after", "ladder", "message", "rest", "facts", "output")

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rungs: list[Check] = []
        self.report: Report | None = None
        self.source = ""
        self._busy = ""
        self._after = ""
        self._parts = {name: Static(id=f"verdict-{name}") for name in self.PARTS}

    def compose(self) -> ComposeResult:
        yield from self._parts.values()

    def on_mount(self) -> None:
        # Again, if need be: Textual keeps the height of a text that was measured, and changed, before it was mounted.
        self._draw(self._after)

    # -- what happens -------------------------------------------------------------------------------

    def begin(self, source: str, known: Sequence[Check] = ()) -> None:
        """A check was asked for; the rungs of the last one are shown as not known yet."""
        self.source, self.report, self._busy = source, None, "Checking…"
        self.rungs = [replace(check, outcome="waiting", message="", details={}) for check in known or self.rungs]
        self._draw()
        self.scroll_home(animate=False)

    def say(self, words: str) -> None:
        """Say why it takes a moment."""
        self._busy = words
        self._draw()

    def ladder(self, checks: Sequence[dict[str, Any]]) -> None:
        """What will be looked at, in order."""
        self.rungs = [Check(check["name"], check["title"], "waiting") for check in checks]
        self._busy = "Checking…"
        self._draw()

    def learn(self, check: Check) -> None:
        """One rung is known."""
        names = [rung.name for rung in self.rungs]
        if check.name in names:
            self.rungs[names.index(check.name)] = check
        else:
            self.rungs.append(check)
        self._draw()

    def conclude(self, report: Report, after: str = "") -> None:
        """The verdict. ``after`` is told to those who passed."""
        self.report, self._busy = report, ""
        self.rungs = list(report.checks) or ([] if report.status != "broken" else self.rungs)
        self._draw(after)

    def look(self, seen: dict[str, Any]) -> None:
        """Show what the lens saw on a passing input."""
        self._set("facts", facts(seen, self.source))
        self.call_after_refresh(self.query_one("#verdict-facts").scroll_visible, animate=False, top=True)

    def clear(self) -> None:
        """Nothing has been checked yet."""
        self.report, self._busy, self.rungs = None, "", []
        self._draw()

    # -- how it looks -------------------------------------------------------------------------------

    def _draw(self, after: str = "") -> None:
        self._after = after
        if not self.children:
            return
        report = self.report
        self._set("head", self._headline())
        self._set("mistake", _mistakes(report) if report else None)
        self._set("after", prose(after) if report and report.passed and after else None)
        upper, message, lower = self._ladder()
        self._set("ladder", upper)
        self._set("message", message)
        self._set("rest", lower)
        failure = report.first_failure if report else None
        self._set("facts", facts(failure.details, self.source) if failure else None)
        self._set("output", _output(report) if report else None)

    def _set(self, part: str, content: Content | None) -> None:
        static = self._parts[part]
        static.set_class(not content, "gone")
        static.update(content or "")

    def _headline(self) -> Content:
        report = self.report
        if self._busy:
            return Content.from_markup(f"[$text-primary]{markup(self._busy)}[/]")
        if report is None:
            words = "Nothing checked yet. Write your answer in the editor; "
            words += with_keys("[$text-accent]{bench.check|F2}[/] saves and checks it.", self.app, markup)
            return Content.from_markup(words)
        count, good = len(report.checks), sum(check.outcome == "passed" for check in report.checks)
        if report.passed:
            checks = "1 check" if count == 1 else f"all {count} checks"
            return Content.from_markup(f"[b $success]✓ Passed[/]  {checks}, {report.seconds:.2f} s")
        sign, color, words = HEADLINES.get(report.status, HEADLINES["failed"])
        text = f"[b {color}]{sign} {words}[/]"
        if report.status == "failed" and count:
            text += f"  {good} of {count} checks pass"
        if report.message:
            text += f"\n{inline(flow(report.message))}"
        return Content.from_markup(text)

    def on_resize(self) -> None:
        self._draw(self._after)

    def _ladder(self) -> tuple[Content | None, Content | None, Content | None]:
        """The rungs down to the one that decided, what it says, and the rungs that wait for it."""
        lines: list[Content] = []
        failed: list[Content] = []
        below: list[Content] = []
        message = ""
        for rung in self.rungs:
            sign, color, word = SIGNS[rung.outcome]
            title = inline(rung.title)
            if rung.outcome == "waiting":
                now = bool(self._busy) and not failed and not below
                sign, color = ("▸", "$text-primary") if now else (sign, color)
                below += self._rung(sign, color, f"[{color}]{title}[/]")
            elif rung.outcome == "passed":
                lines += self._rung(sign, color, title)
            else:
                failed += self._rung(sign, f"b {color}", f"[b]{title}[/]" + (f"  [{color}]{word}[/]" if word else ""))
                message = inline(flow(rung.message))
        good = sum(rung.outcome == "passed" for rung in self.rungs)
        if failed and self.report and good > 1 and self.size.height < LOW:
            # Where rows are few, the one that failed must not be pushed out of sight.
            lines = self._rung("✓", "$success", f"[$foreground-muted]{good} checks pass[/]")
        if below and self.report:
            below += self._rung(
                " ", "$foreground-muted", "[$foreground-muted](those marked · wait for the one above)[/]"
            )
        return _joined(lines + failed), Content.from_markup(message) if message else None, _joined(below)

    def _rung(self, sign: str, color: str, title: str) -> list[Content]:
        """A sign and a title that stays beside it where it needs more than one row."""
        room = max(20, self.scrollable_content_region.width - 2)
        head = Content.from_markup(f"[{color}]{sign}[/] ")
        rows = Content.from_markup(title).wrap(room)
        return [(head if place == 0 else Content("  ")) + row for place, row in enumerate(rows)]


def _joined(lines: list[Content]) -> Content | None:
    return Content("\n").join(lines) if lines else None


def _mistakes(report: Report) -> Content | None:
    if not report.mistakes:
        return None
    says = [inline(flow(mistake.says)) for mistake in report.mistakes]
    head = "This looks like a known mistake" if len(says) == 1 else "This looks like one of these known mistakes"
    return Content.from_markup(f"[b $text-warning]{head}[/]\n" + "\n".join(says))


def _output(report: Report) -> Content | None:
    text = report.output.rstrip()
    return Content.assemble(("Your code printed\n", "bold"), text) if text else None
