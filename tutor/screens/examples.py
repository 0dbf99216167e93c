"""Examples of one's own, before coding: written here, held against the reference and against known mistakes."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tutor import examples, trouble
from tutor.course import Entry
from tutor.grader import Event
from tutor.screens.bench_file import FileBench
from tutor.screens.bench_panel import interface, task_text
from tutor.widgets.bar import Bar, markup
from tutor.widgets.keys import Keys
from tutor.workspace import Workspace

COLORS = {"✓": "$success", "✗": "$error"}


class ExamplesPage(FileBench):
    """The learner's examples of one exercise."""

    HELP = """\
## Your examples

Before you code, write two examples: asserts that hold of any right answer. {examples.judge|**F2** (or Ctrl+S)}
holds them against the reference (are they true?) and against wrong versions that learners really write (what would
they catch?). An example that is not true is a task that was misread, found before it became code.
**{examples.back|Esc}** goes back to the workbench.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,ctrl+s", "check", "Judge", id="examples.judge", tooltip="Save the examples and judge them"),
        Binding("f3,ctrl+o", "switch", "Editor ↔ panel", show=False, id="examples.switch"),
        Binding("f4", "external", "$EDITOR", id="examples.external", tooltip="Open the file in your own editor"),
        Binding("escape", "back", "Workbench", id="examples.back", tooltip="Back to the workbench"),
    ]

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.exercise)
        self.entry = entry
        self.kept_as = f"{entry.exercise.id}_examples"

    def where(self) -> str:
        return f"examples · {self.exercise.title}"

    def shelf(self) -> Workspace:
        return examples.Examples(self.desk.workspace.home)

    def stub(self) -> str | None:
        return examples.beginning(self.exercise)

    def compose(self) -> ComposeResult:
        yield Bar(
            f"[$foreground-muted]{self.entry.lesson.id}[/]  [b]{markup(self.exercise.title)}[/]  your examples",
            "[$foreground-muted]before you code[/]",
        )
        with Container(id="bench"):
            yield self.code
            with VerticalScroll(id="panel", classes="pane"):
                yield Static(id="examples-says")
                yield Static(task_text(self.exercise), id="examples-task")
                yield Static(interface(self.exercise), id="examples-code")
        yield Keys()

    def on_mount(self) -> None:
        self.query_one("#examples-says").display = False
        self.open_file()

    def action_switch(self) -> None:
        (self.query_one("#panel") if self.code.has_focus_within else self.code.editor).focus()

    def action_check(self) -> None:
        if self.buffer is not None:
            self._say(Content.from_markup("[$text-primary]Judging…[/]"))
            self._judge(self.code.editor.text)

    @work(exclusive=True, group="check", exit_on_error=False)
    async def _judge(self, text: str) -> None:
        try:
            await self.save(text)
        except OSError as error:
            self._not_saved(trouble.why(error))
        else:
            self.note("saved")
        try:
            found = await (await self.desk.grader()).examples(self.exercise.id, text)
        except Exception as error:
            self._say(Content.from_markup(f"[$text-warning]! They could not be judged.[/] {markup(str(error))}"))
            return
        self._say(judgement(found))

    def _say(self, words: Content) -> None:
        says = self.query_one("#examples-says", Static)
        says.display = True
        says.update(words)
        for name in ("task", "code"):
            self.query_one(f"#examples-{name}").display = False
        self.query_one("#panel", VerticalScroll).scroll_home(animate=False)


def judgement(found: Event) -> Content:
    """What is said of the examples, the whole first."""
    parts = [Content.from_markup(f"[b]{markup(examples.summary(found))}[/]")]
    for sign, line, words, says in examples.rows(found):
        text = f"[{COLORS[sign]}]{sign}[/] [$foreground-muted]line {line}[/]  {markup(words)}\n    {markup(says)}"
        parts.append(Content.from_markup(text))
    return Content("\n\n").join(parts)
