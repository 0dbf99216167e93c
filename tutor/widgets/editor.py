"""A text area that knows Python: indentation, comments, colors of the theme, syntax errors as you type."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets.text_area import Selection

from tutor.widgets import highlights, indent
from tutor.widgets.colors import editor_theme
from tutor.widgets.completing import Completing

if TYPE_CHECKING:
    from tree_sitter import Node

highlights.once()
PAUSE = 0.4
"""Seconds without a key before new syntax errors are marked: half-typed code is not wrong yet."""
NOTE_GAP, NOTE_ROOM = 3, 8
"""Columns between a line and what is said behind it, and how many that must have at least."""


@dataclass(frozen=True)
class Problem:
    """A place that Python could not read."""

    row: int
    start: int
    end: int
    message: str


class PythonEditor(Completing, inherit_bindings=True):
    """The editor of the workbench and of the runnable fences."""

    HELP = """\
## The editor

Enter indents after `:` and open brackets, and steps back after `return`, `pass`, `break`, `continue`, `raise`.
Names that fit what you type stand in the line below: Tab takes the first, Tab again the next.
With lines selected, Tab and Shift+Tab move them; {editor.comment|Ctrl+L (or Ctrl+/)} comments them out and in.
Ctrl+Z undoes, Ctrl+Y redoes, each of these in one step. {editor.find|Ctrl+F} finds, Down goes on to the next place;
{editor.line|Ctrl+G} goes to a line, {editor.top|Ctrl+Home} and {editor.bottom|Ctrl+End} to the ends of the file.
Shift with any of the arrows selects, {editor.all|Ctrl+A} all of it; Ctrl+C, Ctrl+X and Ctrl+V copy, cut and paste.
A `!` beside the line number marks a line that Python cannot read.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+tab", "dedent", "Dedent", show=False, id="editor.dedent"),
        Binding("ctrl+l,ctrl+slash,ctrl+underscore", "comment", "Comment", show=False, id="editor.comment"),
        Binding("ctrl+home", "top", "Top of the file", show=False, id="editor.top"),
        Binding("ctrl+end", "bottom", "End of the file", show=False, id="editor.bottom"),
        Binding("ctrl+shift+home", "top(True)", "Select to the top", show=False, id="editor.top_select"),
        Binding("ctrl+shift+end", "bottom(True)", "Select to the end", show=False, id="editor.bottom_select"),
        Binding("ctrl+a", "select_all", "Select all", show=False, id="editor.all"),
        Binding("ctrl+delete", "delete_word_right", "Delete word right", show=False, id="editor.delete_word"),
    ]

    @dataclass
    class Checked(Message):
        """The text was looked through for syntax errors."""

        editor: PythonEditor
        problems: list[Problem]

        @property
        def control(self) -> PythonEditor:
            return self.editor

    def __init__(self, text: str = "", *, line_numbers: bool = True, **keywords: Any) -> None:
        self.problems: list[Problem] = []
        self._notes: dict[int, str] = {}
        self._rows: set[int] = set()
        self._timer: Timer | None = None
        super().__init__(
            text,
            language="python",
            theme="css",
            soft_wrap=False,
            show_line_numbers=line_numbers,
            tab_behavior="indent",
            max_checkpoints=500,
            **keywords,
        )

    # -- colors -------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.cursor_blink = self.app.animation_level != "none"
        self._take_colors()
        self.check_syntax()

    def _app_theme_changed(self) -> None:
        self._take_colors()

    def _take_colors(self) -> None:
        """Build the theme anew from the app's: the stock one always colors for a dark ground."""
        self.register_theme(editor_theme(self.app.current_theme, self.app.get_theme_variable_defaults()))
        self.theme = "gradatim"
        self._line_cache.clear()
        self.refresh()

    # -- keys ---------------------------------------------------------------------------------------

    async def _on_key(self, event: events.Key) -> None:
        """Comes before the stock handler, which Textual calls by itself unless the default is prevented."""
        if not self.read_only and event.key in ("enter", "tab"):
            event.stop()
            event.prevent_default()
            self._restart_blink()
            if event.key == "enter":
                self._enter()
            else:
                self._tab()
        elif event.key == "escape":
            event.prevent_default()  # the screen decides; the stock editor would move the focus on
        elif not event.is_printable and (bound := self.screen.active_bindings.get(event.key)) and bound.node is self:
            # Left to bubble up, "select all" would be overtaken by what is typed or pasted right behind it.
            event.stop()
            event.prevent_default()
            if bound.enabled:
                await self.run_action(bound.binding.action)

    def _enter(self) -> None:
        start, end = sorted(self.selection)
        lines = self.document.lines
        row, column = start
        spaces = indent.next_indent(lines, row, column)
        before, after = lines[row][:column], lines[end[0]][end[1] :]
        if not before.strip():
            # An empty line keeps no spaces behind.
            start, spaces = (row, 0), before
        closes = after[:1] and after[0] in indent.CLOSING and before[-1:] in ("(", "[", "{")
        tail = "\n" + indent.leading(before) if closes else ""
        surplus = len(after) - len(after.lstrip(" "))
        end = (end[0], end[1] + (0 if closes else surplus))
        self._one_step(f"\n{spaces}{tail}", start, end)
        self.move_cursor((row + 1, len(spaces)))

    def _tab(self) -> None:
        if self.selection.is_empty:
            if self._complete():
                return
            spaces = " " * (indent.WIDTH - self.cursor_location[1] % indent.WIDTH)
            self._one_step(spaces, self.cursor_location, self.cursor_location)
        else:
            self._change_lines(indent.indented)

    def action_top(self, select: bool = False) -> None:
        self.move_cursor((0, 0), select=select)

    def action_bottom(self, select: bool = False) -> None:
        self.move_cursor(self.document.end, select=select)

    def action_dedent(self) -> None:
        self._change_lines(indent.dedented)

    def action_comment(self) -> None:
        self._change_lines(indent.commented)

    def action_delete_left(self) -> None:
        """Inside the indentation, go back one stop instead of one space."""
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        if self.read_only or not self.selection.is_empty or not before or before.strip(" "):
            super().action_delete_left()
            return
        self._one_step("", (row, column - indent.surplus(before)), (row, column))

    def _change_lines(self, change: Any) -> None:
        """Replace the selected lines as a whole, in one step of the history; the selection stays on them."""
        if self.read_only:
            return
        selection = self.selection
        first, last = sorted((selection.start[0], selection.end[0]))
        if first != last and max(selection)[1] == 0:
            last -= 1  # the line behind a whole-line selection was not meant
        old = [self.document.get_line(row) for row in range(first, last + 1)]
        new = change(old)
        if new == old:
            return
        self._one_step("\n".join(new), (first, 0), (last, len(old[-1])))

        def moved(location: tuple[int, int]) -> tuple[int, int]:
            row, column = location
            if not first <= row <= last or (column == 0 and not selection.is_empty):
                return location
            return row, max(0, column + len(new[row - first]) - len(old[row - first]))

        self.selection = Selection(moved(selection.start), moved(selection.end))

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """As Textual's, which in the middle of a redone deletion asks for a line that is gone; it asks again after."""
        if self.cursor_location[0] >= self.document.line_count:
            return Offset(0, 0)
        return super().scroll_cursor_visible(center, animate)

    def replace_all(self, text: str) -> None:
        """Put another text in place of this one, as one step that can be undone."""
        row, column = self.cursor_location
        self._one_step(text, (0, 0), self.document.end)
        self.move_cursor((row, column))

    # -- syntax errors ------------------------------------------------------------------------------

    def _build_highlight_map(self) -> None:
        super()._build_highlight_map()
        self.set_notes({})  # they belong to the text that was looked at
        if not self.is_mounted:
            return
        if self._timer is not None:
            self._timer.stop()
        if self.problems:
            self.check_syntax()  # keep what is marked at its place, or let it go at once
        else:
            self._timer = self.set_timer(PAUSE, self.check_syntax)

    def check_syntax(self) -> None:
        """Mark what cannot be read, from the syntax tree; nothing is executed."""
        found = self._find_problems()
        if found != self.problems:
            self.problems = found
            self._rows = {problem.row for problem in found}
            self._line_cache.clear()
            self.refresh()
        self.post_message(self.Checked(self, found))

    def _find_problems(self) -> list[Problem]:
        tree = getattr(self.document, "_syntax_tree", None)
        if tree is None or not tree.root_node.has_error:
            return []
        said = _python_says(self.text)
        found = [
            Problem(*self._span(node), f"expected {node.type}" if node.is_missing else "not readable here")
            for node in _errors(tree.root_node)
        ]
        return ([said, *(p for p in found if p.row != said.row)] if said else found)[:20]

    def _span(self, node: Node) -> tuple[int, int, int]:
        row, column = node.start_point
        line = self.document.get_line(row)
        start = len(line.encode()[:column].decode(errors="ignore"))
        end_row, end_column = node.end_point
        end = len(line.encode()[:end_column].decode(errors="ignore")) if end_row == row else len(line)
        return (row, start, end) if end > start else (row, max(0, start - 1), max(1, start))

    def set_notes(self, notes: dict[int, str]) -> None:
        """Say something behind lines, by row; a change of the text takes all of it away."""
        if notes != self._notes:
            self._notes = notes
            self._line_cache.clear()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        for problem in self.problems:
            if problem.row == line_index:
                line.stylize(Style(underline=True), problem.start, max(problem.end, problem.start + 1))
        return line

    def _render_line(self, y: int) -> Strip:
        strip = super()._render_line(y)
        if not self._rows and not self._notes:
            return strip
        info = self.wrapped_document._offset_to_line_info
        position = y + self.scroll_offset[1]
        if position >= len(info) or info[position] is None:
            return strip
        row = info[position][0]
        if row in self._notes:
            strip = self._with_note(strip, row)
        if row not in self._rows or not self.show_line_numbers:
            return strip
        width = self.gutter_width
        number = f"{row + self.line_number_start:>{width - 2}}! "
        ground = next(iter(strip)).style
        style = (ground or Style()) + Style(color=self._error_color(), bold=True)
        return Strip.join([Strip([Segment(number, style)], width), strip.crop(width)])

    def _with_note(self, strip: Strip, row: int) -> Strip:
        """The line with its note behind it, as far as there is room; none where the view is scrolled to the right."""
        begins = self.gutter_width + cell_len(self.document.get_line(row)) + NOTE_GAP
        room = self.size.width - begins
        if self.scroll_offset[0] or room < NOTE_ROOM:
            return strip
        note = f"↳ {self._notes[row]}"
        note = note if cell_len(note) <= room else f"{set_cell_size(note, room - 1)}…"
        ground = next(iter(strip.crop(begins, begins + 1)), Segment("")).style or Style()
        said = Strip([Segment(note, ground + Style(dim=True, italic=True))], cell_len(note))
        return Strip.join([strip.crop(0, begins), said, strip.crop(begins + cell_len(note))])

    def _error_color(self) -> str | None:
        style = self._theme.syntax_styles.get("gradatim.error") if self._theme else None
        return style.color.name if style and style.color else None


def _errors(node: Node) -> list[Node]:
    """The outermost error nodes and missing tokens below a node, from the top down."""
    if node.is_error or node.is_missing:
        return [node]
    return [found for child in node.children if child.has_error for found in _errors(child)]


def _python_says(text: str) -> Problem | None:
    """What Python's own parser has to say about a text that it cannot read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except SyntaxError as error:
            start = max(0, (error.offset or 1) - 1)
            same = error.end_lineno == error.lineno
            end = (error.end_offset or 0) - 1 if same else start + 1
            return Problem((error.lineno or 1) - 1, start, max(start + 1, end), error.msg)
        except ValueError:  # a null byte
            return Problem(0, 0, 1, "the text holds a null byte")
    return None
