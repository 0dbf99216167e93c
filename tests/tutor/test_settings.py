"""What can be chosen: on screen and as a command, by name and by key, and that it comes true."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Static

from tests.tutor.conftest import Run
from tests.tutor.fakes import NAIVE, desk
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, opened, settle, some_history
from tutor import keymap
from tutor.commands import plain
from tutor.screens.exercise import Bench
from tutor.screens.home import Home
from tutor.screens.settings import Press, SettingsPage
from tutor.settings import OPTIONS, Settings
from tutor.widgets import signs

# -- what is kept


def test_what_the_file_holds_counts_only_if_it_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRADATIM_ASCII", "TEXTUAL_ANIMATIONS"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "settings.json"
    path.write_text('{"motion": "sideways", "ascii": 1, "keymap": {"bench.check": "", "x": 3}}')
    settings = Settings(path)
    assert settings.option("motion") == "full" and not settings.still and not settings.ascii
    assert settings.keymap() == {}
    for option in OPTIONS:
        for value in option.values:
            settings.set(option.name, value)
            assert Settings(path).option(option.name) == value
    settings.set("ascii", "on")
    settings.set("motion", "reduced")
    assert settings.ascii and settings.still
    monkeypatch.setenv("GRADATIM_ASCII", "0")
    assert not settings.ascii
    settings.set("ascii", "off")
    settings.set("motion", "full")
    monkeypatch.setenv("GRADATIM_ASCII", "1")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    assert settings.ascii and settings.still


def test_two_windows_keep_what_the_other_has_changed(tmp_path: Path) -> None:
    one, other = Settings(tmp_path / "s.json"), Settings(tmp_path / "s.json")
    one.set("motion", "reduced")
    other.set("ascii", "on")
    assert Settings(tmp_path / "s.json").option("motion") == "reduced"
    assert Settings(tmp_path / "s.json").option("ascii") == "on"


# -- signs


@given(st.text())
def test_cells_keep_the_width_and_know_every_sign(text: str) -> None:
    assert len(signs.cells(text)) == len(text)


def test_every_sign_that_the_desk_draws_has_a_stand_in() -> None:
    root = Path(__file__).parents[2] / "tutor"
    used = {sign for file in root.rglob("*.py") for sign in file.read_text(encoding="utf-8") if not sign.isascii()}
    mathematics = set("±²≤≥√∞−×≈≠½¼³ᵀΣπ∈∇é")
    assert not {sign for sign in used - mathematics if not signs.cells(sign).isascii()}
    assert all(stand.isascii() and len(stand) == 1 for stand in signs.CELLS.values())
    shown = [signs.cells(sign) for sign, _, _ in signs.SIGNS.values()]
    assert len(set(shown)) >= 6, "the words tell what the signs do not"


@pytest.mark.parametrize("size", SIZES)
async def test_ascii_mode_draws_nothing_else(tmp_path: Path, size: tuple[int, int]) -> None:
    app = desk(tmp_path)
    some_history(app)
    app.settings.set("ascii", "on")
    app.take_settings()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        compare(app, "home-ascii")
        seen = rows(app)
        await app.going.open_exercise(app.course.entries()[1])
        await settle(pilot)
        app.screen.code.editor.replace_all(NAIVE)
        await pilot.press("f2")
        await settle(pilot)
        compare(app, "bench-ascii")
        seen += rows(app)
        await pilot.press("f1")
        await settle(pilot)
        seen += rows(app)
        await pilot.press("escape", "escape", "escape", "ctrl+t")
        await settle(pilot)
        seen += rows(app)
        assert not {sign for row in seen for sign in row if not sign.isascii()} - {"±"}
        app.settings.set("ascii", "off")
        app.take_settings()
        await pilot.press("ctrl+t")
        await settle(pilot)
        assert not all(row.isascii() for row in rows(app)), "and back"


def test_a_curve_of_braille_keeps_its_course() -> None:
    assert signs.cells("⠁⠈⠉⠒⡀⢀⣀⣿⠀") == "''''...: "


# -- commands


def test_commands_write_ascii_where_it_is_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "·" in run("list")[1]
    monkeypatch.setenv("GRADATIM_ASCII", "1")
    for words in (("list",), ("progress",), ("next",), ("progress", "ladder")):
        code, out, _ = run(*words)
        assert code == 0 and out and not {sign for sign in out if not sign.isascii()}, words
    document = run("list", "--json")[1]
    assert document.isascii()
    monkeypatch.delenv("GRADATIM_ASCII")
    assert json.loads(document) == json.loads(run("list", "--json")[1]), "the document is the same, escaped"
    run("settings", "ascii=on")
    assert run("progress")[1].isascii()
    run("settings", "ascii=")
    assert not run("progress")[1].isascii()


def test_code_is_printed_as_it_is_in_any_mode(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from exercises import exercise, exercises

    named = next(e for e in exercises().values() if "→" in e.text("answer.py") or "≥" in e.text("answer.py"))
    monkeypatch.setenv("GRADATIM_ASCII", "1")
    code, out, _ = run("solution", named.name)
    assert code == 0 and out.strip() == exercise(named.id).text("answer.py").strip()


def test_a_terminal_that_knows_no_signs_gets_ascii_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADATIM_DATA", str(tmp_path))
    monkeypatch.delenv("GRADATIM_ASCII", raising=False)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    plain.ready()
    print("✓ passed → 한")
    sys.stdout.flush()
    assert raw.getvalue() == b"+ passed -> \\ud55c\n" and not isinstance(sys.stderr, plain.Plain)


def test_the_command_shows_changes_and_refuses(run: Run, home: Path) -> None:
    code, out, _ = run("settings")
    assert code == 0 and all(f"{option.name}=" in out for option in OPTIONS)
    code, out, _ = run("settings", "motion=reduced", "bench.check=F11", "theme=gradatim-light")
    assert code == 0 and "motion=reduced" in out and "bench.check=f11" in out
    document = json.loads(run("settings", "--json")[1])
    assert document["settings"] | {"ascii": "off"} == {
        "theme": "gradatim-light", "motion": "reduced", "ascii": "off", "pixels": "auto", "examples-first": "tier-b",
    }  # fmt: skip
    assert document["keymap"] == {"bench.check": "f11"}
    assert "yours; its own is f2,ctrl+s" in run("settings", "--keys")[1]
    for words, near in (
        ("motion=reducd", "full, reduced"),
        ("theme=drakula", "dracula"),
        ("moton=full", "motion"),
        ("bench.chek=f11", "bench.check"),
        ("bench.hint=f11", "bench.check"),
        ("bench.hint=nokey", "nokey"),
        ("bench.hint=x", "while you type"),
        ("zzz", "theme"),
    ):
        code, _, err = run("settings", words)
        assert code == 2 and near in err, words
    run("settings", "settings.leave=f12")  # Escape leads home whatever one chooses
    assert json.loads(run("settings", "--json")[1])["keymap"]["settings.leave"] == "f12,escape"
    run("settings", "bench.check=", "theme=", "settings.leave=")
    document = json.loads(run("settings", "--json")[1])
    assert document["keymap"] == {} and document["settings"]["theme"] == "gradatim-dark"


# -- keys


def test_no_key_of_ours_stands_in_the_way_of_another_at_the_same_place() -> None:
    everything = keymap.known()
    assert len({one.id for one in everything}) == len(everything) > 80
    by_place: dict[str, dict[str, str]] = {}
    for one in everything:
        for key in one.keys.split(","):
            assert key == keymap.normal(key), one
            before = by_place.setdefault(one.place, {}).setdefault(key, one.id)
            assert before == one.id, f"{key}: {before} and {one.id}"
    placed = {one.place for one in everything}
    assert {place for places in keymap.TOGETHER for place in places} <= placed | {"list"}


@pytest.mark.parametrize(
    ("id_", "key", "why"),
    [
        ("bench.check", "f11", ""),
        ("bench.check", "f5", "bench.hint"),
        ("bench.check", "f1", "app.help"),
        ("bench.check", "h", "while you type"),
        ("bench.check", "ctrl+z", "while you type"),
        ("bench.check", "ctrl+p", "palette"),
        ("panel.hint", "f2", "bench.check"),
        ("panel.hint", "n", "panel.next"),
        ("home.next", "s", ""),
        ("home.next", "h", ""),
        ("app.help", "n", "home.next"),
    ],
)
def test_a_key_that_is_taken_is_told(id_: str, key: str, why: str) -> None:
    told = keymap.problem({}, id_, key)
    assert why in told and bool(told) == bool(why)
    assert keymap.problem({"bench.hint": "f12"}, "bench.check", "f5") == "", "it was given away"


# -- on screen

FEW = [
    keymap.Known("app.help", "f1", "What can be done here"),
    keymap.Known("home.next", "n", "Go on with the course"),
    keymap.Known("bench.check", "f2,ctrl+s", "Save the file and check it"),
    keymap.Known("bench.hint", "f5", "A question, a plan, a skeleton"),
]
"""So that the picture does not change with every new key."""


@pytest.mark.parametrize("size", SIZES)
async def test_the_settings_on_screen(tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keymap, "known", lambda: FEW)
    settings = Settings(tmp_path / "s.json")
    async with opened(tmp_path, size, settings=settings) as (app, pilot):
        await pilot.press("comma")
        await settle(pilot)
        assert isinstance(app.screen, SettingsPage)
        compare(app, "settings")
        await pilot.press("right")
        await settle(pilot)
        assert app.theme == "gradatim-light" and Settings(tmp_path / "s.json").theme("") == "gradatim-light"
        await pilot.press("d", "down", "down", "enter")
        await settle(pilot)
        assert app.theme == "gradatim-dark" and all(row.isascii() for row in rows(app))
        await pilot.press("enter", "escape")
        await settle(pilot)
        assert isinstance(app.screen, Home) and not settings.ascii


async def test_a_key_is_changed_by_pressing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keymap, "known", lambda: FEW)
    async with opened(tmp_path, settings=Settings(tmp_path / "s.json")) as (app, pilot):
        await app.going.open_settings()
        await settle(pilot)
        page = app.screen
        names = [getattr(row, "id", "") for row in page.rows]
        choices = page.query_one("#settings")
        choices.highlighted = names.index("bench.check")
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Press)
        await pilot.press("f5")
        await settle(pilot)
        assert "F5 is taken" in str(app.screen.query_one("#press-problem", Static).render())
        compare(app, "settings-taken")
        await pilot.press("f11")
        await settle(pilot)
        assert app.settings.keymap() == {"bench.check": "f11"} and "yours" in "\n".join(rows(app))
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        assert isinstance(app.screen, Bench) and "F11 Check" in rows(app)[-1]
        await pilot.press("f2")
        await settle(pilot)
        assert app.fake.checked == []
        await pilot.press("f11")
        await settle(pilot)
        assert len(app.fake.checked) == 1
        await app.going.open_settings()
        await settle(pilot)
        app.screen.query_one("#settings").highlighted = names.index("bench.check")
        await pilot.press("enter", "escape", "d")
        await settle(pilot)
        assert app.settings.keymap() == {}


async def test_reduced_motion_holds_for_what_is_open(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        editor = app.screen.code.editor
        app.settings.set("motion", "full")
        app.take_settings()
        assert editor.cursor_blink and app.animation_level != "none"
        app.settings.set("motion", "reduced")
        app.take_settings()
        assert not editor.cursor_blink and app.animation_level == "none"
