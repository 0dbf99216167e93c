"""A runnable piece of a lesson page: predict, run, edit, run again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pygments.token import Token  # type: ignore[import-untyped]
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.highlight import HighlightTheme, TokenType, highlight
from textual.message import Message
from textual.widgets import Input, Static

from lessons import Fence
from tutor.plates import Plate
from tutor.prediction import same
from tutor.widgets.bar import markup
from tutor.widgets.editor import PythonEditor
from tutor.widgets.pixels import Pictures, Printed
from tutor.widgets.prose import inline
from tutor.widgets.prose_keys import with_keys

MOST_LINES = 200


class CodeColors(HighlightTheme):
    """The colors of the editor, for code that is only shown."""

    STYLES: dict[TokenType, str] = {  # noqa: RUF012 - Textual declares it so
        Token.Comment: "$foreground-muted italic",
        Token.Keyword: "$text-accent",
        Token.Keyword.Constant: "$text-warning",
        Token.Keyword.Namespace: "$text-accent",
        Token.Literal.Number: "$text-warning",
        Token.Number: "$text-warning",
        Token.Literal.String: "$text-success",
        Token.Literal.String.Doc: "$text-success",
        Token.String: "$text-success",
        Token.Name.Builtin: "$text-secondary",
        Token.Name.Builtin.Pseudo: "italic",
        Token.Name.Class: "$text-secondary bold",
        Token.Name.Decorator: "$text-secondary",
        Token.Name.Exception: "$text-secondary",
        Token.Name.Function: "$text-primary bold",
        Token.Operator.Word: "$text-accent",
    }


@dataclass
class Trial:
    """What the reader did with one fence; it outlives the page being turned."""

    fence: Fence
    code: str = ""
    prediction: str | None = None
    output: str | None = None
    raised: str | None = None
    seconds: float = 0.0
    problem: str = ""
    """Why it could not be run at all."""
    ran: bool = field(default=False)
    plates: list[Plate] = field(default_factory=list)
    """The pictures in the output, for a terminal that draws pixels."""

    def __post_init__(self) -> None:
        self.code = self.code or self.fence.code

    @property
    def edited(self) -> bool:
        return self.code != self.fence.code

    @property
    def must_predict(self) -> bool:
        return bool(self.fence.predict) and self.prediction is None and not self.edited


class FenceBlock(Vertical, can_focus=True):
    """Code, and beneath it what came out."""

    HELP = """\
## Code on the page

{fence.run|Enter} runs it after all the code above it; what it prints appears beneath. Where a question stands,
write down what you expect first: a guess that fails teaches more than an answer that is read. `{fence.edit|e}`
edits it in place: {fence.save|F2} runs it, {fence.done|Esc} ends editing. `{fence.restore|u}` brings the original
back. `show(x)` draws a matrix, a mask, a list of losses, a loss with its graph; `show(x, histogram=True)` counts
values. Kitty and Ghostty show matrices and curves in pixels; what you copy is text all the same.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "Run this", id="fence.run", tooltip="Run this code"),
        Binding("e", "edit", "Edit", id="fence.edit", tooltip="Edit this code in place"),
        Binding("u", "restore", "Original", show=False, id="fence.restore", tooltip="Bring the original code back"),
        Binding("f2,ctrl+s", "run_edited", "Run", id="fence.save", tooltip="Run what you have written"),
        Binding("escape", "done", "Done", id="fence.done", tooltip="End editing"),
    ]
    DEFAULT_CSS = """
    FenceBlock { height: auto; margin: 0 0 1 0; padding: 0 0 0 1; border-left: outer $border-blurred;
                 background: $surface; }
    FenceBlock:focus, FenceBlock:focus-within { border-left: outer $primary; }
    FenceBlock .fence-code { height: auto; padding: 0 1; }
    FenceBlock PythonEditor { height: auto; max-height: 18; border: none; padding: 0 1; background: $panel; }
    FenceBlock PythonEditor:focus { border: none; }
    FenceBlock .fence-hint { height: auto; padding: 0 1; color: $foreground-muted; }
    FenceBlock Input { border: none; height: 1; padding: 0 1; background: $panel; }
    FenceBlock Input:focus { border: none; }
    FenceBlock .fence-output { height: auto; padding: 0 1; margin: 1 0 0 0; }
    FenceBlock .gone { display: none; }
    """

    @dataclass
    class Run(Message):
        """Run this, please."""

        block: FenceBlock

        @property
        def control(self) -> FenceBlock:
            return self.block

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        self.trial = trial
        self._busy = ""
        self._drawn: str | None = None
        """The code that is shown, in color."""
        self._editor: PythonEditor | None = None
        self._pictures = Pictures(self)

    def compose(self) -> ComposeResult:
        yield Static(classes="fence-code")
        yield Static(classes="fence-hint")
        yield Input(placeholder="your prediction, then Enter", compact=True, classes="gone")
        yield Printed(classes="fence-output gone")

    def on_mount(self) -> None:
        self._pictures.follow(self.draw)
        self.draw()

    def on_unmount(self) -> None:
        self._pictures.take_down()

    def on_resize(self) -> None:
        if self.trial.plates:
            self.draw()

    # -- drawing ------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show how it stands."""
        if not self.children:
            return
        if self._drawn != self.trial.code:
            self._drawn = self.trial.code
            code = highlight(self.trial.code, language="python", theme=CodeColors)
            self.query_one(".fence-code", Static).update(code)
        hint, words = self.query_one(".fence-hint", Static), self._hint()
        hint.set_class(not words, "gone")
        hint.update(Content.from_markup(words))
        output = self.query_one(Printed)
        shown = self._output()
        output.set_class(shown is None, "gone")
        output.say(shown or Content(), self.trial.output or "")

    def _hint(self) -> str:
        return with_keys(self._hint_words(), self.app, markup)

    def _hint_words(self) -> str:
        trial, edit = self.trial, "[$text-accent]{fence.edit|e}[/] edit"
        if self._busy:
            return f"[$text-primary]{self._busy}[/]"
        if self.editor is not None:
            return "[$text-accent]{fence.save|F2}[/] run   [$text-accent]{fence.done|Esc}[/] done"
        if trial.must_predict:
            return f"[b $text-accent]?[/] {inline(trial.fence.predict)}"
        if trial.ran:
            took = f"took {trial.seconds:.1f} s" if trial.seconds >= 0.5 else ""
            again = f"edited   [$text-accent]{{fence.restore|u}}[/] original   {edit}" if trial.edited else ""
            return "   ".join(words for words in (took, again) if words)
        return f"[$text-accent]{{reader.run|r}}[/] run   {edit}{'   edited' if trial.edited else ''}"

    def _output(self) -> Content | None:
        trial = self.trial
        if trial.problem:
            parts = [Content.from_markup(f"[$text-warning]! It could not be run.[/] {markup(trial.problem)}")]
            if trial.fence.output and not trial.edited:
                words = "It printed, on one machine:" if trial.fence.measured else "It prints:"
                parts += [Content.from_markup(f"[$foreground-muted]{words}[/]"), Content(trial.fence.output)]
            return Content("\n").join(parts)
        if not trial.ran:
            return None
        lines = (trial.output or "").rstrip("\n").split("\n")
        parts = []
        if trial.prediction is not None and trial.fence.predict:
            said = f"[$foreground-muted]you said[/]  {markup(trial.prediction) or '(nothing)'}"
            if same(trial.prediction, trial.raised or trial.output or ""):
                said += "   [b $success]✓ just so[/]"
            parts.append(Content.from_markup(said))
        if lines != [""]:
            more = len(lines) - MOST_LINES
            parts.append(self._pictures.among(lines[:MOST_LINES], trial.plates))
            if more > 0:
                parts.append(Content.from_markup(f"[$foreground-muted]… {more} lines more[/]"))
        if trial.raised:
            due = bool(trial.fence.raises) and trial.raised.startswith(trial.fence.raises) and not trial.edited
            color, words = ("$text-warning", "raises, as it should: ") if due else ("$text-error", "✗ ")
            parts.append(Content.from_markup(f"[{color}]{words}{markup(trial.raised)}[/]"))
        if not parts or (len(parts) == 1 and trial.prediction is not None and lines == [""] and not trial.raised):
            parts.append(Content.from_markup("[$foreground-muted](it prints nothing)[/]"))
        return Content("\n").join(parts)

    # -- doing --------------------------------------------------------------------------------------

    @property
    def editor(self) -> PythonEditor | None:
        """The editor, while the code is being edited."""
        return self._editor

    def action_run_edited(self) -> None:
        self.action_run()

    def action_run(self) -> None:
        editor = self.editor
        if editor is not None:
            self.trial.code = editor.text
        if self.trial.must_predict:
            question = self.query_one(Input)
            question.remove_class("gone")
            question.focus(scroll_visible=False)
            self.call_after_refresh(question.scroll_visible, animate=False)  # it has no place before the next layout
            return
        if not self._busy:
            self.running("running…")
            self.post_message(self.Run(self))

    @on(Input.Submitted)
    def _predicted(self, event: Input.Submitted) -> None:
        event.stop()
        self.trial.prediction = event.value.strip()
        event.input.add_class("gone")
        self.focus()
        self.action_run()

    def running(self, words: str) -> None:
        """Say that it is under way."""
        self._busy = words
        self.draw()

    def finished(self) -> None:
        """The trial holds what came out."""
        self._busy = ""
        self.draw()
        if self.is_attached:
            self.call_after_refresh(self.query_one(".fence-output").scroll_visible, animate=False)

    async def action_edit(self) -> None:
        if self.editor is not None:
            return
        editor = self._editor = PythonEditor(self.trial.code, line_numbers=False)
        self.query_one(".fence-code").add_class("gone")
        await self.mount(editor, after=0)
        editor.focus()
        self.draw()

    def action_done(self) -> None:
        """End editing, or give up predicting."""
        question = self.query_one(Input)
        if question.has_focus:
            question.add_class("gone")
        editor = self.editor
        if editor is not None:
            self.trial.code = editor.text
            self._editor = None
            editor.remove()  # not awaited: this may run in its own message loop
            self.query_one(".fence-code").remove_class("gone")
        self.focus()
        self.draw()

    def action_restore(self) -> None:
        self.trial.code = self.trial.fence.code
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        editing = self.editor is not None
        if action == "done":
            return editing or self.query_one(Input).has_focus
        if action == "run_edited":
            return editing
        if action in ("run", "edit", "restore"):
            return not editing and not self.query_one(Input).has_focus
        return True
