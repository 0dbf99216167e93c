"""The app around the screens: errors, themes, keys, palette, help, what is remembered, what is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.theme import BUILTIN_THEMES

from tests.tutor.fakes import desk
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, opened, settle, until
from tutor.screens.base import Dialog, Help
from tutor.screens.exercise import Bench
from tutor.screens.home import Home
from tutor.settings import Settings


async def test_an_error_in_a_handler_becomes_a_dialog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path / "settings.json")
    async with opened(tmp_path, raise_errors=False, settings=settings) as (app, pilot):

        async def fail(*_: object) -> None:
            raise RuntimeError("the map is upside down [sic]")

        monkeypatch.setattr(Home, "action_next", fail)
        await pilot.press("n")
        await settle(pilot)
        assert isinstance(app.screen, Dialog)
        assert "the map is upside down [sic]" in "\n".join(rows(app))
        assert "upside down" in (tmp_path / "errors.txt").read_text()
        await pilot.press("o")
        await settle(pilot)
        assert isinstance(app.screen, Home)
        await pilot.press("t")
        await settle(pilot)
        assert app.current_mode == "training", "everything goes on"


async def test_without_permission_errors_come_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("seen by the tests")

    monkeypatch.setattr(Home, "action_next", fail)
    with pytest.raises(RuntimeError, match="seen by the tests"):
        async with opened(tmp_path) as (_, pilot):
            await pilot.press("n")
            await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_help(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        await pilot.press("f1")
        await settle(pilot)
        assert isinstance(app.screen, Help)
        compare(app, "help")
        await pilot.press("f1")
        await settle(pilot)
        assert isinstance(app.screen, Home)


async def test_the_palette_finds_an_exercise_by_name(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"causal")
        await until(pilot, lambda: "Causal self-attention (causal-self-attention)" in "\n".join(rows(app)))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Bench))
        assert app.screen.exercise.id == "causal_self_attention"


@pytest.mark.parametrize("theme", ["gradatim-light", "gradatim-dark", *sorted(BUILTIN_THEMES)])
async def test_every_theme_draws_the_bench(tmp_path: Path, theme: str) -> None:
    async with opened(tmp_path) as (app, pilot):
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        before = rows(app)
        app.theme = theme
        await settle(pilot)
        assert rows(app) == before


async def test_theme_and_page_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    async with opened(tmp_path, settings=Settings(path)) as (app, pilot):
        app.theme = "gradatim-light"
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("right")
        await settle(pilot)
    again = Settings(path)
    assert again.theme("") == "gradatim-light" and again.page("L03") == 1
    assert desk(tmp_path, settings=again).theme == "gradatim-light"


def test_damaged_settings_count_as_none(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": ')
    settings = Settings(path)
    assert settings.theme("x") == "x" and settings.page("L03") is None
    path.write_text('{"theme": 3, "keymap": {"home.next": 4, "home.open": "o"}, "pages": {"L03": "two"}}')
    settings = Settings(path)
    assert settings.theme("x") == "x" and settings.keymap() == {"home.open": "o"} and settings.page("L03") is None


async def test_keys_can_be_chosen_by_the_id_of_a_binding(tmp_path: Path) -> None:
    settings = Settings()
    settings.set("keymap", {"home.training": "z"})
    async with opened(tmp_path, settings=settings) as (app, pilot):
        await pilot.press("t")
        await settle(pilot)
        assert app.current_mode == "course"
        await pilot.press("z")
        await settle(pilot)
        assert app.current_mode == "training"


async def test_without_color_nothing_is_said_by_color_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(tmp_path) as (app, _):
        assert app.no_color
        assert all(word in "\n".join(rows(app)) for word in ("· new", "▸"))


async def test_a_notice_about_progress_is_shown(tmp_path: Path) -> None:
    app = desk(tmp_path)
    app.progress.notice = "Your progress file was damaged."
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "Your progress" in "\n".join(rows(app)))
        assert "Your progress file was damaged." in "\n".join(rows(app))


def test_every_binding_of_ours_has_an_id_and_ids_are_unique() -> None:
    from textual.binding import Binding

    from tutor.keymap import classes

    seen: dict[str, str] = {}
    for owner in classes():
        for binding in owner.__dict__.get("BINDINGS", ()):
            assert isinstance(binding, Binding)
            if binding.show:
                assert binding.id, f"{owner.__name__}: {binding.key}"
            if binding.id:
                assert seen.setdefault(binding.id, owner.__name__) == owner.__name__, binding.id
    assert len(seen) > 90


@pytest.mark.parametrize(
    "module",
    ["tutor.app", "tutor.screens.home", "tutor.screens.exercise", "tutor.screens.lesson", "tutor.screens.training"],
)
def test_no_screen_loads_torch_or_numpy(module: str) -> None:
    code = f"import {module}, sys; print([m for m in ('torch', 'numpy', 'textual_plot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_app_itself_loads_no_screen() -> None:
    code = "import tutor.app, sys; print([m for m in sys.modules if m.startswith('tutor.screens.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
