"""The panel beside the editor: task, checks and hints, and the single letters that work there."""

from __future__ import annotations

import ast
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widget import AwaitMount
from textual.widgets import Static

from exercises import Exercise
from tutor.screens.base import Page
from tutor.widgets.bar import markup, minutes
from tutor.widgets.prose import flow, inline, prose
from tutor.widgets.prose_keys import with_keys
from tutor.widgets.signs import dots
from tutor.widgets.tabs import Strip
from tutor.widgets.verdict import Verdict

PANES = (("task", "Task"), ("checks", "Checks"), ("hints", "Hints"))
FIRST = "[b $text-accent]{panel.examples|x}[/]  First, two examples of your own: what must hold of any right answer?"
ASKED = ("next", "lens", "examples", "zoo")
LEVELS = ("a question", "a plan", "a skeleton")


class Panel(Vertical):
    """Three panes, one open at a time."""

    HELP = """\
## The panel

`1` `2` `3` (or ← →) open task, checks and hints. `{panel.hint|h}` gives the next of three hints: a question, a
plan, a skeleton. Once you have passed, `{panel.lens|l}` shows the shapes that flowed through each line, and
`{panel.zoo|m}` the mistakes that learners really make here and the check that stops each. `{panel.examples|x}`
opens examples of your own, which are judged before you code. `{panel.solution|s}` shows the solution beside your
code, `{panel.reset|r}` starts again from the stub, `{panel.history|y}` lists all your earlier texts,
`{panel.next|n}` goes on once you have passed. `{panel.edit|e}` goes back to the editor.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e,i,enter", "screen.switch", "Edit", id="panel.edit", tooltip="Back to the editor"),
        Binding("h", "screen.hint", "Hint", id="panel.hint", tooltip="The next hint"),
        Binding("s", "screen.solution", "Solution", id="panel.solution", tooltip="The solution beside your code"),
        Binding("l", "lens", "Lens", id="panel.lens", tooltip="The shapes that flowed through each line"),
        Binding("x", "examples", "Examples", id="panel.examples",
                tooltip="Examples of your own, before you code"),
        Binding("m", "zoo", "Mistakes", id="panel.zoo", tooltip="Known mistakes, and the check that stops each"),
        Binding("y", "screen.history", "History", id="panel.history", tooltip="All your earlier texts"),
        Binding("r", "screen.reset", "Reset", id="panel.reset", tooltip="Start again from the stub"),
        Binding("n", "next", "Next", id="panel.next", tooltip="Go on to what comes next"),
        Binding("1", "pane('task')", "Task", show=False, id="panel.task"),
        Binding("2", "pane('checks')", "Checks", show=False, id="panel.checks"),
        Binding("3", "pane('hints')", "Hints", show=False, id="panel.hints"),
        Binding("left", "turn(-1)", "Pane before", show=False, id="panel.left"),
        Binding("right", "turn(1)", "Pane after", show=False, id="panel.right"),
        Binding("exclamation_mark", "screen.report", "Report", show=False, id="panel.report",
                tooltip="Something about this exercise seems wrong"),
        Binding("question_mark", "app.help", "Help", show=False, id="panel.help", tooltip="What can be done here"),
    ]  # fmt: skip
    solved: reactive[bool] = reactive(False)
    examples_first: reactive[bool] = reactive(False)
    """Whether the task is preceded by the offer to write examples."""

    def __init__(self, exercise: Exercise, id: str | None = None) -> None:
        super().__init__(id=id)
        self.exercise = exercise
        self.verdict = Verdict(id="checks")
        self._words, self._code, self._hints = Static(id="task-words"), Static(id="task-code"), Static(id="hint-words")
        self._panes = {
            "task": VerticalScroll(self._words, self._code, id="task", classes="pane"),
            "checks": self.verdict,
            "hints": VerticalScroll(self._hints, id="hints", classes="pane"),
        }
        self.strip = Strip(PANES, id="panes")
        self._show("task")
        self.shown = 0
        """How many hints have been shown."""

    def compose(self) -> ComposeResult:
        yield self.strip

    def on_mount(self) -> None:
        self.call_after_refresh(self._fill)

    async def _fill(self) -> None:
        """What is read, once the editor has been painted: the key that opened the bench should not wait for it."""
        if (made := self._make_panes()) is not None:
            await made  # Textual keeps the height of a text that was measured, and changed, before it was mounted
        self._draw_task()
        self._code.update(interface(self.exercise))
        self._draw_hints()

    def _make_panes(self) -> AwaitMount | None:
        """Mount them, unless that was done, or the bench is being left."""
        if not self.is_attached or self.verdict.is_attached:
            return None
        return self.mount(*self._panes.values())

    # What the bench does or refuses; asked of the bench itself, since app.screen may be a dialog above it.

    def action_next(self) -> None:
        self.screen.call_later(self.screen.run_action, "next")

    def action_lens(self) -> None:
        self.screen.call_later(self.screen.run_action, "lens")

    def action_examples(self) -> None:
        self.screen.call_later(self.screen.run_action, "examples")

    def action_zoo(self) -> None:
        self.screen.call_later(self.screen.run_action, "zoo")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.screen.check_action(action, parameters) if action in ASKED else True

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        return str(self.screen.why_not(action, parameters)) if isinstance(self.screen, Page) else ""

    def watch_examples_first(self, first: bool) -> None:
        if self.is_mounted:
            self._draw_task()

    def _draw_task(self) -> None:
        offer = [Content.from_markup(with_keys(FIRST, self.app, markup))] if self.examples_first else []
        self._words.update(Content("\n\n").join([*offer, task_text(self.exercise)]))

    def watch_solved(self, solved: bool) -> None:
        self.screen.refresh_bindings()

    # -- panes --------------------------------------------------------------------------------------

    def open(self, pane: str) -> None:
        """Show a pane; if the focus was in the panel, it stays there."""
        inside = self.has_focus_within
        self._show(pane)
        self.strip.open = pane
        if inside:
            self.focus_pane()

    def _show(self, pane: str) -> None:
        for name, widget in self._panes.items():
            widget.display = name == pane

    def focus_pane(self) -> None:
        if not self.is_mounted:
            self.call_later(self.focus_pane)  # a key was quicker than the bench
            return
        self._make_panes()
        self._panes[self.strip.open].focus()

    def action_pane(self, pane: str) -> None:
        self.open(pane)

    def action_turn(self, step: int) -> None:
        names = [name for name, _ in PANES]
        self.open(names[(names.index(self.strip.open) + step) % len(names)])

    def on_strip_chosen(self, event: Strip.Chosen) -> None:
        self.open(event.pane)
        self.focus_pane()

    # -- hints --------------------------------------------------------------------------------------

    def show_hints(self, count: int) -> None:
        """Show the hints that were read before."""
        self.shown = min(count, len(self.exercise.hints))
        self._draw_hints()

    def next_hint(self) -> int:
        """Show one hint more; returns its level, or 0 when all were shown already."""
        if self.shown >= len(self.exercise.hints):
            return 0
        self.shown += 1
        self._draw_hints()
        self.call_after_refresh(self._panes["hints"].scroll_end, animate=False)
        return self.shown

    def _draw_hints(self) -> None:
        total = len(self.exercise.hints)
        parts: list[Content] = []
        for level, hint in enumerate(self.exercise.hints[: self.shown], 1):
            kind = LEVELS[min(level, len(LEVELS)) - 1]
            body = Content(hint.strip("\n")) if level == len(LEVELS) else prose(hint)
            parts.append(Content.from_markup(f"[b $text-accent]{level} · {kind}[/]\n") + body)
        if self.shown < total:
            coming = LEVELS[min(self.shown, len(LEVELS) - 1)]
            first = f"[b]{{panel.hint|h}}[/b] or [b]{{bench.hint|F5}}[/b] gives the first of {total} hints: {coming}."
            then = f"[b]{{panel.hint|h}}[/b] or [b]{{bench.hint|F5}}[/b] gives the next of {total} hints: {coming}."
            words = then if parts else first
        else:
            words = "That was the last hint. [b]{panel.solution|s}[/b] shows the solution."
        parts.append(Content.from_markup(f"[$foreground-muted]{with_keys(words, self.app, markup)}[/]"))
        self._hints.update(Content("\n\n").join(parts))
        label = f"Hints {self.shown}/{total}" if self.shown else "Hints"
        self.strip.labels = {**self.strip.labels, "hints": label}


def task_text(exercise: Exercise) -> Content:
    """What to do, and what it takes."""
    lines = [inline(flow(exercise.task))]
    entry = ", ".join(f"[$text-accent]{markup(name)}[/]" for name in exercise.entry)
    facts = f"{markup(exercise.kind)} · {minutes(exercise.minutes)} · difficulty {dots(exercise.difficulty)}"
    lines.append(f"Your file defines {entry}.\n[$foreground-muted]{facts}[/]")
    lines += [f"[$text-warning]⊘[/] {inline(flow(rule.says))}" for rule in exercise.forbids]
    if exercise.slot:
        lines.append(f"[$text-secondary]★[/] What you write here becomes the {markup(exercise.slot)} of your GPT-2.")
    return Content.from_markup("\n\n".join(lines))


def interface(exercise: Exercise) -> Content:
    """The interface that is asked for: signatures and docstrings from the stub, colored."""
    from textual.highlight import highlight

    from tutor.widgets.fence import CodeColors

    code = "\n\n".join(_signatures(exercise.text("start.py"), exercise.entry))
    return highlight(code, language="python", theme=CodeColors) if code else Content("")


def _signatures(stub: str, names: tuple[str, ...]) -> list[str]:
    """Each definition of the stub up to the end of its docstring, as it is written there."""
    try:
        tree = ast.parse(stub)
    except SyntaxError:
        return []
    lines = stub.split("\n")
    found = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            end = first.end_lineno if documented else first.lineno - 1
            found.append("\n".join(lines[node.lineno - 1 : end]).rstrip())
    return found
