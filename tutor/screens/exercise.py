"""The workbench: the task, the editor, and the ladder of checks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from graders.report import Report, check_from_json
from tutor import ticket, trouble
from tutor.course import Entry
from tutor.examples import Examples, wanted
from tutor.screens.base import Dialog
from tutor.screens.bench_file import FileBench
from tutor.screens.bench_panel import Panel
from tutor.screens.telling import save_ticket, tell
from tutor.widgets.bar import Bar, markup, minutes
from tutor.widgets.facts import beside
from tutor.widgets.keys import Keys
from tutor.widgets.signs import standing


class Bench(FileBench):
    """One exercise on the bench."""

    HELP = """\
## The workbench

Write in the editor; {bench.check|**F2** (or Ctrl+S)} saves the file and checks it. **{bench.escape|Esc}** goes from
the editor to the panel, where single letters work; {bench.escape|Esc} there goes back. **{bench.external|F4}**
opens the same file in your own editor (`$EDITOR`); whatever is saved there, or in any other window, is noticed here
and checked at once.

Unsaved text is kept beside your file as you type, so nothing is lost if the terminal goes away. Two windows on one
file keep their unsaved texts apart; whoever saves second is asked which one shall stay. Does something about the
exercise itself seem wrong? `{panel.report|!}` in the panel puts a report together, ready to paste.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,ctrl+s", "check", "Check", id="bench.check", tooltip="Save the file and check it"),
        Binding("f3,ctrl+o", "switch", "Editor ↔ panel", show=False, id="bench.switch"),
        Binding("f4", "external", "$EDITOR", id="bench.external",
                tooltip="Open the file in your own editor"),
        Binding("ctrl+e", "external_in_turn", "$EDITOR", show=False, priority=True, id="bench.external2"),
        Binding("f5", "hint", "Hint", id="bench.hint", tooltip="A question, a plan, a skeleton"),
        Binding("f8", "next", "Next", id="bench.next", tooltip="Go on to what comes next"),
        Binding("f9", "examples", "Examples", show=False, id="bench.examples",
                tooltip="Examples of your own, before you code"),
        Binding("escape", "escape", "Panel", id="bench.escape", tooltip="To the panel, and from there back"),
    ]  # fmt: skip

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.exercise)
        self.entry = entry
        self.panel = Panel(entry.exercise, id="panel")

    @property
    def quiet(self) -> tuple[str, ...]:
        """In the panel the single letters are shown, in the editor the keys that work while typing."""
        if self.code.has_focus_within:
            return ()
        return ("bench.external", "bench.hint", "bench.next", "bench.escape")

    def where(self) -> str:
        return self.exercise.title

    def compose(self) -> ComposeResult:
        yield Bar(f"[$foreground-muted]{self.entry.lesson.id}[/]  [b]{markup(self.exercise.title)}[/]")
        with Container(id="bench"):
            yield self.code
            yield self.panel
        yield Keys()

    # -- opening ------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._show_standing()
        self.open_file()

    def opened(self) -> None:
        self.panel.show_hints(self.desk.progress.hints(self.exercise.id))
        self._recall()
        self._prepare()

    def _recall(self) -> None:
        """Show the last verdict again, if it was over this very text."""
        attempts = self.desk.progress.attempts(self.exercise.id)
        if attempts and attempts[-1].source == self.code.editor.text:
            self.panel.verdict.source = attempts[-1].source
            report = attempts[-1].report
            self.panel.verdict.conclude(report, self.exercise.after)
            self.panel.open("checks")
            failure = report.first_failure
            self._note_shapes(attempts[-1].source, failure.details.get("lens") if failure else None)
        self.panel.solved = self.entry.done or any(attempt.passed for attempt in attempts)
        self.refresh_bindings()

    @work(exit_on_error=False, group="prepare")
    async def _prepare(self) -> None:
        """Have the grader work out the reference ahead; a failure is told at the check."""
        with contextlib.suppress(Exception):
            await (await self.desk.grader()).prepare(self.exercise.id)

    def _show_standing(self) -> None:
        self.entry = self.desk.course.entry(self.exercise, self.entry.lesson)
        sign = standing(self.entry.shown)
        self.query_one(Bar).right = f"{sign}  [$foreground-muted]{minutes(self.exercise.minutes)}[/]"

    # -- checking -----------------------------------------------------------------------------------

    def action_check(self) -> None:
        if self.buffer is None:
            return
        self.panel.open("checks")
        self.panel.verdict.begin(self.code.editor.text)
        self._check(self.code.editor.text)

    @work(exclusive=True, group="check", exit_on_error=False)
    async def _check(self, text: str) -> None:
        assert self.buffer is not None
        try:
            await self.save(text)
        except OSError as error:
            self._not_saved(trouble.why(error))
        else:
            self.note("saved")
        report = await self._grade(text)
        self.panel.verdict.conclude(report, self.exercise.after)
        failure = report.first_failure
        self._note_shapes(text, failure.details.get("lens") if failure else None)
        await asyncio.to_thread(
            self.desk.progress.attempt, self.exercise.id, text, report, self.exercise.content_hash, "desk"
        )
        self.panel.solved = self.panel.solved or report.passed
        self._show_standing()
        self.refresh_bindings()

    async def _grade(self, text: str) -> Report:
        """Let the rungs light up as they are known; our own failure becomes a report of status broken."""
        verdict = self.panel.verdict
        try:
            if self.desk.grader.state != "ready":
                verdict.say("Warming up torch… (once, about three seconds)")
            grader = await self.desk.grader()
            async for event in grader.check(self.exercise.id, text, file=f"{self.exercise.id}.py"):
                if event["event"] == "ladder":
                    verdict.ladder(event["checks"])
                elif event["event"] == "check":
                    verdict.learn(check_from_json(event["check"]))
                elif event["event"] == "report":
                    return Report.from_json(event["report"])
        except Exception as error:
            return Report(self.exercise.id, "broken", message=f"{type(error).__name__}: {error}")
        return Report(self.exercise.id, "broken", message="The grader ended without a verdict.")

    # -- the panel's requests -----------------------------------------------------------------------

    def action_hint(self) -> None:
        """The next hint, one after the other; each is noted when it is shown for the first time."""
        level = self.panel.next_hint()
        if level:
            self.desk.progress.hint_shown(self.exercise.id, level)
        self.panel.open("hints")

    @work(exit_on_error=False, group="ask")
    async def action_solution(self) -> None:
        from tutor.screens.compare import Compare

        if not self.panel.solved and not self.desk.progress.solution_seen(self.exercise.id):
            answer = await self.app.push_screen_wait(
                Dialog(
                    "Show the solution?",
                    "Passing afterwards counts as ◐ assisted. The hints ({panel.hint|h}) may be enough; "
                    "and the exercise can be built again from the start any day.",
                    [("s", "show it"), ("n", "not yet")],
                )
            )
            if answer != "s":
                return
            self.desk.progress.solution_shown(self.exercise.id)
        self.desk.go(
            self.desk.going.open_page,
            Compare(self.exercise.title, self.code.editor.text, self.exercise.text("answer.py")),
        )

    @work(exit_on_error=False, group="look")
    async def action_lens(self) -> None:
        """What flowed through each line of the text that passed; a failure shows it unasked."""
        verdict = self.panel.verdict
        self.panel.open("checks")
        try:
            grader = await self.desk.grader()
            seed = verdict.report.seed if verdict.report else None
            seen = await grader.shapes(self.exercise.id, verdict.source, seed)
            verdict.look(seen)
            self._note_shapes(verdict.source, seen.get("lens"))
        except Exception as error:
            tell(self.desk, "The lens could not be used", str(error) or type(error).__name__)

    def _note_shapes(self, text: str, lens: Sequence[dict[str, Any]] | None) -> None:
        """Put what the lens saw behind the lines of the editor, if they are still the same."""
        if lens and self.code.editor.text == text:
            self.code.editor.set_notes({line["line"] - 1: beside(line) for line in lens if line.get("values")})

    @work(exit_on_error=False, group="ask")
    async def action_reset(self) -> None:
        answer = await self.app.push_screen_wait(
            Dialog(
                "Start again from the stub?",
                "Your present text stays in the history ({panel.history|y}), and Ctrl+Z brings it back.",
                [("r", "reset"), ("n", "no")],
            )
        )
        if answer != "r" or self.buffer is None:
            return
        text = self.code.editor.text
        await asyncio.to_thread(self.desk.progress.snapshot, self.exercise.id, text, "reset")
        stub = await self.draw_questions() or self.exercise.text("start.py")
        await self._put(stub, "reset to the stub")
        self.panel.verdict.clear()

    async def _put(self, text: str, note: str) -> None:
        """Replace the text as one undo step, and save it."""
        self.code.editor.replace_all(text)
        await self.save(text)
        self.note(note)
        self.code.editor.focus()

    @work(exit_on_error=False, group="ask")
    async def action_history(self) -> None:
        from tutor.screens.history import History

        progress = self.desk.progress
        snapshots = progress.snapshots(self.exercise.id) if hasattr(progress, "snapshots") else []
        chosen = await self.app.push_screen_wait(
            History(self.exercise.title, progress.attempts(self.exercise.id), snapshots, self.code.editor.text)
        )
        if chosen is not None and chosen != self.code.editor.text and self.buffer is not None:
            await asyncio.to_thread(progress.snapshot, self.exercise.id, self.code.editor.text, "restore")
            await self._put(chosen, "an earlier text, restored")

    def action_examples(self) -> None:
        from tutor.screens.examples import ExamplesPage

        self.keep()
        self.desk.go(self.desk.going.open_page, ExamplesPage(self.entry))

    def on_screen_resume(self) -> None:
        self._offer_examples()
        if self.buffer is not None:  # the screen above may have changed how it stands
            self._show_standing()

    def _offer_examples(self) -> None:
        """Where the learner wants examples first, say so above the task, as long as there are none."""
        first = wanted(self.desk.settings.option("examples-first"), self.exercise) and not self.entry.done
        self.panel.examples_first = first and not Examples(self.desk.workspace.home).begun(self.exercise)

    def action_zoo(self) -> None:
        from tutor.screens.zoo import Zoo
        from tutor.zoo import animals

        passed = [attempt for attempt in self.desk.progress.attempts(self.exercise.id) if attempt.passed]
        checks = list(passed[-1].report.checks) if passed else []
        if found := animals(self.exercise, checks):
            self.desk.go(self.desk.going.open_page, Zoo(self.entry, found, checks))
        else:
            self.notify("The checks have changed since you passed: check it once more.", timeout=5)

    def action_report(self) -> None:
        """Something about this exercise seems wrong: put together what is to be known."""
        report, hints = self.panel.verdict.report, self.desk.progress.hints(self.exercise.id)
        source = self.panel.verdict.source if report else self.code.editor.text
        save_ticket(self.desk, self.exercise.name, ticket.of_exercise(self.entry, source, report, hints))

    def action_next(self) -> None:
        self.desk.go(self.desk.going.next)

    # -- focus --------------------------------------------------------------------------------------

    def action_switch(self) -> None:
        if self.code.has_focus_within:
            self.panel.focus_pane()
        else:
            self.code.editor.focus()

    def action_escape(self) -> None:
        if self.code.has_focus_within:
            self.panel.focus_pane()
        else:
            self.desk.go(self.desk.going.close_page, self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.why_not(action, parameters) or None

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "next" and not self.panel.solved:
            esc = "{bench.escape|Esc}"
            return f"From here you go on once it has passed; the map ({esc}, {esc}) leads anywhere."
        if action == "examples" and self.exercise.kind == "predict":
            return "A prediction is its own example: there is nothing to write down first."
        if action == "zoo":
            if not self.panel.solved:
                return "The known mistakes would tell too much before it has passed."
            return "" if self.exercise.mistakes else "No mistakes are known here."
        if action == "lens":
            report = self.panel.verdict.report
            if report is None:
                return "The lens looks at a text that was checked: {bench.check|F2} checks it."
            if not report.passed:
                return "A failure has its shapes below the checks already, where there are any."
        return ""
