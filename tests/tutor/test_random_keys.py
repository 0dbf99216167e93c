"""Ten thousand random keys over every screen: nothing breaks, nothing hangs, nothing that was written is lost."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import traceback
from pathlib import Path

import pytest
from textual.screen import Screen

import tutor.screens
from tests.tutor.fakes import FakeSampler
from tests.tutor.wanderer import Step, Walk, random_walk, same_walk, shrunk

KEYS = 10_000
WALK = 1_250
FOUND: dict[str, list[Step]] = {
    "help is closed before it is there": [("keys", [*"w0001w", "f1", "ctrl+q"])],
    "a double click in the palette": [("keys", ["ctrl+p"]), ("click", [64, 16, 2])],
    "paging through a palette without room": [("resize", [80, 5]), ("keys", ["ctrl+p"]), ("keys", ["pagedown"])],
    "the page is turned while its code runs": [("keys", ["n"]), ("keys", ["r", "right"])],
    "the capstone in 20 columns": [("resize", [20, 24]), ("keys", ["t"]), ("keys", ["g"])],
    "left while another program saves": [
        ("keys", ["n"]), ("keys", ["n"]), ("keys", [*"w0001w"]), ("wait", 0.7), ("outside", "# elsewhere\n"),
        ("keys", ["escape"]), ("keys", ["escape"]), ("keys", ["ctrl+q"]),
    ],
    "all deleted, and once more by redo": [
        ("keys", ["enter"]), ("keys", ["f7", "ctrl+k", "pageup", "ctrl+k"]), ("keys", ["ctrl+z", "ctrl+y"]),
    ],
    "a pane is opened while the app closes": [
        ("resize", [182, 12]), ("click", [19, 6, 1]), ("keys", [*"w0032w", "ctrl+p", "f8"]), ("keys", ["escape"]),
        ("click", [163, 10, 1]), ("keys", [*"w0035w", "f2", "ctrl+q"]),
    ],
}  # fmt: skip
"""What random keys have broken before, as short as it gets."""


@pytest.fixture(autouse=True)
def milestones_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The capstone starts real processes; here they only say a word."""
    monkeypatch.setattr("tutor.mygpt.assemble", lambda course, folder: folder.mkdir(parents=True, exist_ok=True))
    monkeypatch.setattr("tutor.mygpt.handout", lambda folder: None)
    monkeypatch.setattr("tutor.mygpt.command", lambda one, *words: [sys.executable, "-c", "print('a word')"])
    monkeypatch.setattr("tutor.screens.bench_file.GRACE_SECONDS", 0.1)
    monkeypatch.setattr(FakeSampler, "pause", 0.01)


async def good(taken: Walk, folder: Path, seed: int | None = None) -> None:
    """Fail with the fewest steps that still go wrong."""
    if taken.error is None:
        return
    steps, error = await shrunk(taken, folder) if seed is not None else (taken.steps, taken.error)
    told = "".join(traceback.format_exception(error))
    again = json.dumps(steps)
    pytest.fail(
        f"{told}\nseed {seed}: {len(taken.steps)} steps, of which these are enough:\n  {again}\n"
        f"To see it again: GRADATIM_KEYS={again!r} pytest tests/tutor/test_random_keys.py -k these",
        pytrace=False,
    )


@pytest.mark.parametrize("seed", [int(os.environ.get("GRADATIM_SEED", "100"))])
async def test_some_random_keys(tmp_path: Path, seed: int) -> None:
    await good(await random_walk(tmp_path / "walk", seed, 300), tmp_path, seed)


@pytest.mark.long
async def test_ten_thousand_random_keys_over_every_screen(tmp_path: Path) -> None:
    pressed, world = 0, None
    for seed in range(KEYS // WALK):
        taken = await random_walk(tmp_path / f"walk{seed}", seed, WALK, world)
        await good(taken, tmp_path, seed)
        pressed, world = pressed + taken.pressed, taken.world
    assert pressed >= KEYS and world is not None
    missed = every_screen() - set(world.seen)
    assert not missed, f"no key led to {missed}; the fakes may lack what opens them"


def every_screen() -> set[str]:
    """The screens of the desk, by name of class."""
    found: set[str] = set()
    for info in pkgutil.iter_modules(tutor.screens.__path__):
        module = importlib.import_module(f"tutor.screens.{info.name}")
        for name, one in vars(module).items():
            if isinstance(one, type) and issubclass(one, Screen) and one.__module__ == module.__name__:
                found.add(name)
    return found - {"Page", "FileBench", "Opening"}  # what screens are made from


@pytest.mark.parametrize("name", FOUND)
async def test_what_was_found_before(tmp_path: Path, name: str) -> None:
    await good(await same_walk(tmp_path, FOUND[name]), tmp_path)


@pytest.mark.skipif("GRADATIM_KEYS" not in os.environ, reason="GRADATIM_KEYS names no steps to take")
async def test_these_steps(tmp_path: Path) -> None:
    await good(await same_walk(tmp_path, json.loads(os.environ["GRADATIM_KEYS"])), tmp_path)
