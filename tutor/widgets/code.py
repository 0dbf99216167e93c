"""The editor with what belongs around it: a line to search in, and a line that says how it stands."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.widgets import Input, Label, Static
from textual.widgets.text_area import Selection

from tutor.widgets.bar import markup
from tutor.widgets.editor import PythonEditor

OFFERED = 5
"""Names shown at a time."""
_Match = tuple[tuple[int, int], tuple[int, int]]


class Seek(Input):
    """The small input under the editor; it closes with Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="seek.close"),
        Binding("down,ctrl+f", "step(1)", "Next", id="seek.next"),
        Binding("up", "step(-1)", "Previous", id="seek.previous"),
    ]

    def action_close(self) -> None:
        self.query_ancestor(CodePane).close_seek()

    def action_step(self, step: int) -> None:
        self.query_ancestor(CodePane).step(step)


class CodePane(Vertical):
    """Editor, find, go to line, and a line of status."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+f", "find", "Find", show=False, id="editor.find"),
        Binding("ctrl+g", "go_to_line", "Go to line", show=False, id="editor.line"),
    ]
    DEFAULT_CSS = """
    CodePane PythonEditor { border: none; padding: 0; height: 1fr; background: $surface; }
    CodePane PythonEditor:focus { border: none; }
    CodePane #seek { height: 1; display: none; background: $panel; }
    CodePane #seek.-open { display: block; }
    CodePane #seek-label { width: auto; padding: 0 1; color: $text-accent; }
    CodePane #seek-count { width: auto; padding: 0 1; color: $text-muted; }
    CodePane Seek { border: none; height: 1; padding: 0; width: 1fr; background: $panel; }
    CodePane Seek:focus { border: none; }
    CodePane #code-status { height: 1; padding: 0 1; color: $text-muted; background: $background; }
    """
    note: reactive[str] = reactive("")
    """What the screen wants said beside the position: saved, unsaved, restored."""

    def __init__(self, text: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.editor = PythonEditor(text)
        self._seeks_line = False
        self._from = (0, 0)
        self._matches: list[_Match] = []

    def compose(self) -> ComposeResult:
        yield self.editor
        yield Static(id="code-status")

    # -- the line of status -------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._say()

    def watch_note(self) -> None:
        if self.is_mounted:
            self._say()

    @on(PythonEditor.SelectionChanged)
    @on(PythonEditor.Checked)
    @on(PythonEditor.Offered)
    def _say(self) -> None:
        row, column = self.editor.cursor_location
        text = f"{row + 1}:{column + 1}"
        if self.note:
            text += f"  {self.note}"
        if self.editor.offer:
            text += f"  {self._offer()}"
        elif self.editor.problems:
            problem = self.editor.problems[0]
            text += f"  [$text-error]! line {problem.row + 1}: {markup(problem.message)}[/]"
        self.query_one("#code-status", Static).update(text)

    def _offer(self) -> str:
        """The names that Tab would put there, the one that it has put there between angles."""
        taken = self.editor.taken
        names = [f"[b]‹{name}›[/]" if name == taken else name for name in self.editor.offer[:OFFERED]]
        return f"[$text-accent]tab[/]  {'  '.join(names)}"

    # -- find and go to line ------------------------------------------------------------------------

    async def action_find(self) -> None:
        await self._open("Find", lines=False)
        chosen = self.editor.selected_text
        self.seek.value = chosen if chosen and "\n" not in chosen else self.seek.value
        self.seek.select_all()

    async def action_go_to_line(self) -> None:
        await self._open("Line", lines=True)
        self.seek.value = ""

    @property
    def seek(self) -> Seek:
        return self.query_one("#seek-input", Seek)

    async def _open(self, label: str, lines: bool) -> None:
        if not self.query("#seek"):  # made when it is first asked for: most exercises are done without
            parts = Label(id="seek-label"), Seek(compact=True, id="seek-input"), Label(id="seek-count")
            await self.mount(Horizontal(*parts, id="seek"), before="#code-status")
        self._seeks_line = lines
        self._from = min(self.editor.selection)
        self.query_one("#seek-label", Label).update(label)
        self.query_one("#seek-count", Label).update("")
        self.query_one("#seek").add_class("-open")
        self.seek.focus()

    def close_seek(self) -> None:
        self.query_one("#seek").remove_class("-open")
        self.editor.focus()

    @on(Input.Changed, "#seek-input")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._seeks_line:
            return
        self._matches = self._search(event.value)
        ahead = [match for match in self._matches if match[0] >= self._from]
        self._show(ahead[0] if ahead else self._matches[0] if self._matches else None)

    @on(Input.Submitted, "#seek-input")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._seeks_line:
            self.step(1)
            return
        if event.value.strip().isdigit():
            row = min(max(int(event.value), 1), self.editor.document.line_count) - 1
            self.show_row(row)
        self.close_seek()

    def show_row(self, row: int, column: int = 0) -> None:
        """Go there, with as much above it as below; never scrolled to the right without need."""
        editor = self.editor
        editor.move_cursor((row, column))
        middle = row - editor.scrollable_content_region.height // 2

        def center() -> None:
            if editor.cursor_location[0] == row:  # else a key has led elsewhere meanwhile
                editor.scroll_to(x=0, y=max(0, middle), animate=False)

        # After the cursor itself has been scrolled to, which is done with the next frame.
        self.call_after_refresh(center)

    def step(self, step: int) -> None:
        """Go to the next match, or with -1 to the one before, round the end."""
        if self._seeks_line or not self._matches:
            return
        here = min(self.editor.selection)
        starts = [match[0] for match in self._matches]
        if step > 0:
            place = next((i for i, start in enumerate(starts) if start > here), 0)
        else:
            place = next((i for i in reversed(range(len(starts))) if starts[i] < here), -1)
        self._show(self._matches[place])

    def _search(self, text: str) -> list[_Match]:
        """All places of a text; capital letters in it ask for exact case."""
        if not text:
            return []
        flags = re.NOFLAG if text != text.lower() else re.IGNORECASE
        pattern = re.compile(re.escape(text), flags)
        return [
            ((row, found.start()), (row, found.end()))
            for row, line in enumerate(self.editor.document.lines)
            for found in pattern.finditer(line)
        ]

    def _show(self, match: _Match | None) -> None:
        count = self.query_one("#seek-count", Label)
        if match is None:
            count.update("nothing" if self.seek.value else "")
            return
        count.update(f"{self._matches.index(match) + 1} of {len(self._matches)}")
        self.editor.selection = Selection(*match)
        self.editor.scroll_cursor_visible()
