"""A text names the key that works: the one shipped, or the learner's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tutor.picture import rows
from tests.tutor.test_screens import opened, settle
from tutor import keymap
from tutor.screens.base import Dialog, Help
from tutor.widgets.prose_keys import NAMED

TUTOR = Path(keymap.__file__).parent
SPOKEN = {"esc": "escape"}


def test_every_key_that_a_text_names_is_the_one_that_its_binding_has() -> None:
    own = {one.id: one.keys.split(",") for one in keymap.known()}
    count = 0
    for file in TUTOR.rglob("*.py"):
        text = re.sub(r'"\n\s*f?"', "", file.read_text(encoding="utf-8").replace("{{", "{").replace("}}", "}"))
        for id_, words in NAMED.findall(text):
            if id_ == "bench.check" and file.name == "prose_keys.py":
                continue  # its description
            assert id_ in own, f"{file.name}: there is no binding {id_}"
            for key in re.sub(r"[*`()]|\bor\b", " ", words).split():
                normal = keymap.normal(SPOKEN.get(key.lower(), key.lower() if len(key) > 1 else key))
                assert normal in own[id_], f"{file.name}: {id_} is not on {key}"
                count += 1
    assert count > 60


def test_no_help_names_a_letter_that_it_would_not_change() -> None:
    for owner in keymap.classes():
        text = NAMED.sub("", owner.__dict__.get("HELP") or "")
        assert not re.findall(r"`([a-z])`|\b(F\d+)\b", text), owner


async def test_help_hints_and_questions_name_the_key_that_was_chosen(tmp_path: Path) -> None:
    async with opened(tmp_path, (80, 40)) as (app, pilot):
        for id_, key in (("bench.check", "f9"), ("bench.hint", "f7"), ("panel.hint", "j"), ("bench.examples", "f12")):
            app.settings.set_key(id_, key)
        app.take_settings()
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        await pilot.press("escape", "2")
        await settle(pilot)
        assert "F9 saves and checks it" in " ".join(" ".join(rows(app)).split())
        await pilot.press("3")
        await settle(pilot)
        assert "j or F7 gives the first of 3 hints" in " ".join(" ".join(rows(app)).split())
        await pilot.press("s")
        await settle(pilot)
        assert isinstance(app.screen, Dialog)
        words = " ".join(" ".join(row.strip("│ ") for row in rows(app)).split())
        assert "The hints (j) may be enough" in words, words
        await pilot.press("escape", "f1")
        await settle(pilot)
        assert isinstance(app.screen, Help)
        assert "Write in the editor; F9 saves the file" in app.screen.text and "`j` gives the next" in app.screen.text
        assert "F2" not in app.screen.text.partition("## The workbench")[2].partition("##")[0]


@pytest.mark.parametrize("key", ["left_square_bracket", "at"])
async def test_a_key_that_means_something_in_markup_is_only_a_key(tmp_path: Path, key: str) -> None:
    async with opened(tmp_path) as (app, pilot):
        app.settings.set_key("home.next", key)
        app.take_settings()
        await app.going.home()
        app.screen._draw()
        await settle(pilot)
        words = " ".join(" ".join(row.strip(" ▌") for row in rows(app)).split())
        assert re.search(r"checked in a blink\. [\[@] begins", words), words
