"""Completion: the right names at the right place, from a list that is held against torch, and by Tab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from tests.tutor.picture import rows
from tests.tutor.test_screens import opened, settle
from tutor.widgets import complete
from tutor.widgets.code import CodePane
from tutor.widgets.complete import completions, imports, prepared
from tutor.widgets.editor import PythonEditor

HEAD = '''"""A softmax."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader


class Head(nn.Module):
    def __init__(self):
        self.scale_by = 1.0
        self.keys = nn.Linear(2, 2)

    def forward(self, queries):
        shifted = queries - queries.amax(-1, keepdim=True)
'''
LIST = """
import json, math, random, sys, torch
import torch.nn.functional, torch.nn.utils, torch.optim.lr_scheduler, torch.utils.data, torch.distributed
modules = ["torch", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils", "torch.optim",
           "torch.optim.lr_scheduler", "torch.utils.data", "torch.autograd", "torch.linalg", "torch.cuda", "torch.amp",
           "torch.distributed", "math", "random"]
def ours(module, name):
    value = getattr(module, name)
    home = getattr(value, "__module__", None) or "torch"
    return (name[0] != "_" and type(value).__name__ != "module" and (isinstance(value, type) or not name.isupper())
            and home.partition(".")[0] in ("torch", "builtins", "math", "random")
            and (module is not torch or name.islower() or name in ("Tensor", "Size", "Generator")))
found = {name: [n for n in dir(sys.modules[name]) if ours(sys.modules[name], n)] for name in modules}
found["torch.Tensor"] = [n for n in dir(torch.Tensor) if n[0] != "_"]
print(json.dumps(found))
"""


def at_end(text: str) -> tuple[str, list[str]]:
    lines = text.split("\n")
    return completions(text, len(lines) - 1, len(lines[-1]))


def test_the_prepared_list_is_that_of_torch() -> None:
    done = subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True, check=True)
    there: dict[str, list[str]] = json.loads(done.stdout)
    if os.environ.get("GRADATIM_NAMES") == "write":
        lines = [f"{module}: {' '.join(sorted(names))}" for module, names in sorted(there.items())]
        complete.PREPARED.write_text("\n".join(lines) + "\n", encoding="utf-8")
        prepared.cache_clear()
    assert set(prepared()) == set(there)
    for module, names in prepared().items():
        gone = set(names) - set(there[module])
        # Another torch may have given up a name; what the list was made from must be what is here, by and large.
        assert len(gone) <= len(names) // 50 + 2, (module, gone)
        assert len(names) > 4


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("x = torch.soft", "softmax"),
        ("x = F.soft", "softmax"),
        ("x = nn.Lay", "LayerNorm"),
        ("x = torch.nn.functional.scaled_dot", "scaled_dot_product_attention"),
        ("x = torch.optim.lr", "lr_scheduler"),
        ("x = self.sc", "scale_by"),
        ("x = self.", "scale_by"),
        ("x = queries.ama", "amax"),
        ("x = shifted.sof", "softmax"),
        ("        sh", "shifted"),
        ("x = Data", "DataLoader"),
        ("for x in ran", "range"),
        ("ret", "return"),
        ("f(quer", "queries"),
    ],
)
def test_the_likeliest_name_comes_first(typed: str, first: str) -> None:
    _, names = at_end(f"{HEAD}        {typed}")
    assert names[0] == first, names


@pytest.mark.parametrize(
    "typed",
    [
        'x = "torch.soft',
        "# torch.soft",
        "x = 1",
        "x = q",
        "",
        "x = 3.",
        "x = f().soft",
        '"""torch.soft\nqueries.am',
        "numpy_",
    ],
)
def test_where_nothing_can_be_known_nothing_is_offered(typed: str) -> None:
    assert at_end(f"{HEAD}        {typed}")[1] == []


def test_in_the_middle_of_a_name_nothing_is_offered() -> None:
    assert completions("import torch\ntorch.softmax", 1, 9) == ("sof", [])


def test_a_name_is_not_completed_to_itself_and_private_ones_wait_for_their_dash() -> None:
    begun, names = at_end(f"{HEAD}        x = shifted")
    assert begun == "shifted" and "shifted" not in names
    assert at_end("_helper_one = 1\nhel")[1] == ["help"] and at_end("_helper_one = 1\n_he")[1] == ["_helper_one"]


def test_imports_are_read_in_their_forms() -> None:
    assert imports(HEAD) == {
        "torch": "torch", "F": "torch.nn.functional", "nn": "torch.nn", "DataLoader": "torch.utils.data.DataLoader",
    }  # fmt: skip
    assert imports("import torch.nn as N  # ours\nfrom torch import nn as M, Tensor\nimport torch.nn") == {
        "N": "torch.nn", "M": "torch.nn", "Tensor": "torch.Tensor", "torch": "torch",
    }  # fmt: skip


@given(st.text(alphabet="ab.#\"'\n (:_1", max_size=60), st.data())
def test_any_text_at_any_place(text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    row = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[row])))
    begun, names = completions(text, row, column)
    assert lines[row][:column].endswith(begun)
    assert all(name.startswith(begun) and name != begun for name in names) and len(names) == len(set(names))


def test_it_is_quick_enough_for_a_key() -> None:
    text = HEAD * 20 + "        x = torch.soft"
    at_end(text)
    begun = time.perf_counter()
    for _ in range(10):
        at_end(text)
    assert (time.perf_counter() - begun) / 10 < 0.05, "300 lines"


# -- in the editor


class Pane(App[None]):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.pane = CodePane(text)

    def compose(self) -> ComposeResult:
        yield self.pane

    @property
    def editor(self) -> PythonEditor:
        return self.pane.editor


async def typing(pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause(0.3)


async def test_names_are_offered_below_and_tab_takes_one_after_the_other() -> None:
    app = Pane(HEAD + "        x = queries")
    async with app.run_test(size=(80, 24)) as pilot:
        app.editor.focus()
        app.editor.move_cursor(app.editor.document.end)
        await typing(pilot, *".argm")
        assert "tab" in rows(app)[-1] and "argmax" in rows(app)[-1] and "argmin" in rows(app)[-1]
        await pilot.press("tab")
        assert app.editor.text.endswith("queries.argmax")
        await pilot.press("tab")
        assert app.editor.text.endswith("queries.argmin")
        await pilot.press("tab")
        assert app.editor.text.endswith("queries.argmax"), "round the end"
        await typing(pilot, "(")
        assert app.editor.text.endswith("queries.argmax(") and "tab" not in rows(app)[-1]
        await pilot.press("ctrl+z", "ctrl+z")
        assert "argmax" not in app.editor.text.splitlines()[-1]


async def test_tab_still_indents_where_there_is_nothing_to_complete() -> None:
    app = Pane("def f():\n")
    async with app.run_test(size=(80, 24)) as pilot:
        app.editor.focus()
        app.editor.move_cursor((1, 0))
        await typing(pilot, "tab", "x", "tab")
        assert app.editor.text == "def f():\n    x   "


async def test_moving_away_takes_the_offer_back() -> None:
    app = Pane("queries = 1\nqu")
    async with app.run_test(size=(80, 24)) as pilot:
        app.editor.focus()
        app.editor.move_cursor((1, 2))
        await typing(pilot, "e")
        assert "queries" in rows(app)[-1]
        await typing(pilot, "up")
        assert "tab" not in rows(app)[-1]
        await typing(pilot, "down", "end", "tab")
        assert app.editor.text == "queries = 1\nqueries", "asked for by Tab, without a letter typed"


async def test_on_the_bench_the_offer_stands_in_the_line_of_status(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        editor = app.screen.code.editor
        editor.replace_all("import torch\nx = torch.log_s")
        editor.move_cursor(editor.document.end)
        await pilot.press("o")
        await pilot.pause(0.3)
        assert any("tab  log_softmax" in row for row in rows(app)), "\n".join(rows(app))
