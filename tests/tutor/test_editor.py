"""The editor under real key presses: each behavior, and that one undo takes each of them back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES
from textual.widgets.text_area import Selection

from tutor.widgets import indent
from tutor.widgets.colors import DARK, LEGIBLE, LIGHT, contrast, editor_theme
from tutor.widgets.editor import PythonEditor

BODY = "def f(x):\n    y = x + 1\n    z = y * 2\n    return z\n"


class Desk(App[None]):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        yield PythonEditor(self.text)


@asynccontextmanager
async def editing(text: str, at: tuple[int, int] | None = None) -> AsyncIterator[tuple[PythonEditor, Pilot[None]]]:
    app = Desk(text)
    async with app.run_test(size=(60, 16)) as pilot:
        editor = app.query_one(PythonEditor)
        editor.focus()
        editor.move_cursor(editor.document.end if at is None else at)
        await pilot.pause()
        yield editor, pilot


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(x):", "def f(x):\n    "),
        ("if x:  # why: because", "if x:  # why: because\n    "),
        ("x = 1  # a colon:", "x = 1  # a colon:\n"),
        ("call(", "call(\n    "),
        ("x = [1,", "x = [1,\n    "),
        ("call(\n    a,", "call(\n    a,\n    "),
        ("    call(\n        a,\n        b)", "    call(\n        a,\n        b)\n    "),
        ("def f(\n    a,\n):", "def f(\n    a,\n):\n    "),
        ("x = '('", "x = '('\n"),
        ("    return x", "    return x\n"),
        ("        return (\n            x\n        )", "        return (\n            x\n        )\n    "),
        ("    raise ValueError(x)", "    raise ValueError(x)\n"),
        ("        pass", "        pass\n    "),
        ("    returned = 1", "    returned = 1\n    "),
        ('    """Say:', '    """Say:\n    '),
        ("    x = 1", "    x = 1\n    "),
        ("def f():\n    ", "def f():\n\n    "),
    ],
)
async def test_enter_knows_where_the_next_line_begins(before: str, after: str) -> None:
    async with editing(before) as (editor, pilot):
        await pilot.press("enter")
        assert editor.text == after
        await pilot.press("ctrl+z")
        assert editor.text == before


async def test_enter_between_brackets_opens_them() -> None:
    async with editing("x = f()", (0, 6)) as (editor, pilot):
        await pilot.press("enter")
        assert editor.text == "x = f(\n    \n)"
        assert editor.cursor_location == (1, 4)
        await pilot.press("ctrl+z")
        assert editor.text == "x = f()"


async def test_enter_within_a_line_moves_the_rest_without_its_spaces() -> None:
    async with editing("    a = 1; b = 2", (0, 10)) as (editor, pilot):
        await pilot.press("enter")
        assert editor.text == "    a = 1;\n    b = 2"


async def test_tab_goes_to_the_next_stop() -> None:
    async with editing("  x", (0, 2)) as (editor, pilot):
        await pilot.press("tab")
        assert editor.text == "    x"
        await pilot.press("ctrl+z")
        assert editor.text == "  x"


async def test_tab_indents_a_selection_and_never_replaces_it() -> None:
    async with editing(BODY) as (editor, pilot):
        editor.selection = Selection((1, 6), (2, 3))
        await pilot.press("tab")
        assert editor.text == BODY.replace("    y", "        y").replace("    z =", "        z =")
        assert editor.selection == Selection((1, 10), (2, 7))
        await pilot.press("tab")
        assert "            y = x + 1\n" in editor.text
        await pilot.press("ctrl+z")
        await pilot.press("ctrl+z")
        assert editor.text == BODY


async def test_tab_with_a_selection_inside_one_line_keeps_it() -> None:
    async with editing("abc = 1") as (editor, pilot):
        editor.selection = Selection((0, 0), (0, 3))
        await pilot.press("tab")
        assert editor.text == "    abc = 1"
        await pilot.press("ctrl+z")
        assert editor.text == "abc = 1"


async def test_a_whole_line_selection_does_not_take_the_line_behind_it() -> None:
    async with editing("a\nb\nc") as (editor, pilot):
        editor.selection = Selection((0, 0), (2, 0))
        await pilot.press("tab")
        assert editor.text == "    a\n    b\nc"
        await pilot.press("shift+tab")
        assert editor.text == "a\nb\nc"


async def test_shift_tab_dedents_and_stays_in_the_editor() -> None:
    async with editing("      x = 1", (0, 8)) as (editor, pilot):
        await pilot.press("shift+tab")
        assert editor.text == "    x = 1"
        await pilot.press("shift+tab")
        assert editor.text == "x = 1"
        await pilot.press("shift+tab")
        assert editor.text == "x = 1" and editor.has_focus
        await pilot.press("ctrl+z")
        assert editor.text == "    x = 1"


@pytest.mark.parametrize("key", ["ctrl+l", "ctrl+slash", "ctrl+underscore"])
async def test_comments_go_out_and_in(key: str) -> None:
    async with editing(BODY) as (editor, pilot):
        editor.selection = Selection((1, 0), (3, 2))
        await pilot.press(key)
        assert editor.text == "def f(x):\n    # y = x + 1\n    # z = y * 2\n    # return z\n"
        await pilot.press(key)
        assert editor.text == BODY
        await pilot.press("ctrl+z")
        assert editor.text.count("#") == 3
        await pilot.press("ctrl+z")
        assert editor.text == BODY


async def test_backspace_in_the_indentation_goes_back_one_stop() -> None:
    async with editing("        x", (0, 8)) as (editor, pilot):
        await pilot.press("backspace")
        assert editor.text == "    x"
        await pilot.press("ctrl+z")
        assert editor.text == "        x"
        editor.move_cursor((0, 9))
        await pilot.press("backspace")
        assert editor.text == "        "


async def test_backspace_at_the_beginning_joins_lines_and_takes_a_selection() -> None:
    async with editing("a\nb", (1, 0)) as (editor, pilot):
        await pilot.press("backspace")
        assert editor.text == "ab"
        editor.selection = Selection((0, 0), (0, 2))
        await pilot.press("backspace")
        assert editor.text == ""


async def test_a_replaced_text_comes_back_with_one_undo() -> None:
    async with editing(BODY) as (editor, pilot):
        editor.replace_all("pass\n")
        await pilot.press("ctrl+z")
        assert editor.text == BODY
        await pilot.press("ctrl+y")
        assert editor.text == "pass\n"


async def test_syntax_errors_are_marked_and_unmarked_and_nothing_runs() -> None:
    text = "x = 1\ndef f(:\n    pass\nopen('/nowhere/at/all')\n"
    async with editing(text) as (editor, pilot):
        assert [p.row for p in editor.problems][:1] == [1]
        rows = ["".join(s.text for s in editor.render_line(y)) for y in range(4)]
        assert rows[1].startswith("2! ") and rows[0].startswith("1  ")
        editor.move_cursor((1, 6))
        await pilot.press("x", ")")
        assert editor.problems == []
        assert "".join(s.text for s in editor.render_line(1)).startswith("2  ")


async def test_half_typed_code_is_not_marked_before_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutor.widgets.editor.PAUSE", 0.3)
    async with editing("x = 1\n") as (editor, pilot):
        await pilot.press("(")
        assert editor.problems == []
        await pilot.pause(0.5)
        assert editor.problems


async def test_python_says_what_is_missing() -> None:
    async with editing("if True\n    pass\n") as (editor, _):
        assert editor.problems[0].message == "expected ':'"


async def test_colors_follow_the_theme_of_the_app() -> None:
    async with editing(BODY) as (editor, pilot):

        def color_of_def() -> str:
            strip = editor.render_line(0)
            return next(str(s.style.color.name) for s in strip if s.text == "def" and s.style and s.style.color)

        editor.app.register_theme(DARK)
        editor.app.register_theme(LIGHT)
        editor.app.theme = DARK.name
        await pilot.pause()
        dark = color_of_def()
        editor.app.theme = LIGHT.name
        await pilot.pause()
        light = color_of_def()
        assert contrast(Color.parse(dark), Color.parse(str(DARK.surface))) >= LEGIBLE
        assert contrast(Color.parse(light), Color.parse(str(LIGHT.surface))) >= LEGIBLE
        assert dark != light


@pytest.mark.parametrize("theme", [*BUILTIN_THEMES.values(), DARK, LIGHT], ids=lambda theme: theme.name)
def test_code_is_legible_in_every_theme(theme) -> None:  # type: ignore[no-untyped-def]
    surface = theme.to_color_system().generate()["surface"]
    styles = editor_theme(theme, {}).syntax_styles
    colored = [style for style in styles.values() if style.color]
    assert len(colored) > 15
    if not theme.ansi:  # the terminal's own colors are the learner's choice
        for style in colored:
            assert contrast(Color.from_rich_color(style.color), Color.parse(surface)) >= LEGIBLE - 0.05


def test_strings_and_comments_do_not_open_brackets() -> None:
    assert indent.place("x = '(' # [").opened == []
    assert indent.place('"""(\n').string == '"""'
    assert indent.place("'it\\'s (' + f(").opened == [(0, 13)]


async def test_what_is_pasted_right_behind_select_all_replaces_everything() -> None:
    async with editing(BODY, (1, 4)) as (editor, pilot):
        for event in (events.Key("f7", None), events.Paste("x = 1\n")):
            pilot.app.post_message(event)
        await pilot.pause()
        assert editor.text == "x = 1\n"


LINES = "one two\nthree\n    four five\n"


@pytest.mark.parametrize(
    ("at", "keys", "selection"),
    [
        ((2, 5), ["ctrl+home"], ((0, 0), (0, 0))),
        ((0, 3), ["ctrl+end"], ((3, 0), (3, 0))),
        ((2, 5), ["ctrl+shift+home"], ((2, 5), (0, 0))),
        ((0, 3), ["ctrl+shift+end"], ((0, 3), (3, 0))),
        ((1, 2), ["ctrl+a"], ((0, 0), (3, 0))),
        ((2, 13), ["home"], ((2, 4), (2, 4))),
        ((2, 13), ["home", "home"], ((2, 0), (2, 0))),
        ((2, 4), ["end"], ((2, 13), (2, 13))),
        ((0, 0), ["ctrl+right"], ((0, 3), (0, 3))),
        ((0, 7), ["ctrl+left"], ((0, 4), (0, 4))),
        ((1, 0), ["shift+down", "shift+right"], ((1, 0), (2, 1))),
        ((3, 0), ["pageup"], ((0, 0), (0, 0))),
        ((0, 0), ["pagedown"], ((3, 0), (3, 0))),
    ],
)
async def test_keys_that_every_editor_has_move_and_select(
    at: tuple[int, int], keys: list[str], selection: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    async with editing(LINES, at) as (editor, pilot):
        await pilot.press(*keys)
        assert editor.selection == Selection(*selection)


@pytest.mark.parametrize(
    ("at", "keys", "after"),
    [
        ((0, 7), ["ctrl+backspace"], LINES.replace("one two", "one ")),
        ((0, 0), ["ctrl+delete"], LINES.replace("one two", " two")),
        ((0, 0), ["ctrl+d"], LINES.replace("one two", "ne two")),
        ((0, 0), ["shift+end", "ctrl+x", "ctrl+end", "ctrl+v"], LINES.replace("one two", "") + "one two"),
        ((0, 0), ["shift+end", "ctrl+c", "ctrl+end", "ctrl+v"], LINES + "one two"),
        ((0, 0), ["x", "ctrl+z"], LINES),
        ((0, 0), ["x", "ctrl+z", "ctrl+y"], "x" + LINES),
        ((0, 0), ["ctrl+a", "backspace"], ""),
    ],
)
async def test_keys_that_every_editor_has_change_the_text(at: tuple[int, int], keys: list[str], after: str) -> None:
    async with editing(LINES, at) as (editor, pilot):
        await pilot.press(*keys)
        assert editor.text == after
