"""Training: the list of runs, the form, and a run as it is watched."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from gpt2 import config, health
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, opened, settle, until
from tutor.screens.base import Dialog
from tutor.screens.new_run import NewRun
from tutor.screens.run_state import POINTS, RunState, span
from tutor.screens.training import Training
from tutor.screens.watch import Watch


def records(steps: int, last: int = 900) -> list[dict[str, Any]]:
    """What a healthy run writes, by formula."""
    made: list[dict[str, Any]] = [
        {"event": "start", "config": {"preset": "nano", "max_steps": last}, "unigram_loss": 6.2, "bigram_loss": 4.4,
         "expected_first_loss": 8.37},
    ]  # fmt: skip
    for step in range(1, steps + 1):
        loss = 3.4 + 4.97 * math.exp(-(step - 1) / 60) + 0.08 * math.sin(step * 1.7)
        made.append({"event": "step", "step": step, "loss": loss, "lr": 1.5e-3 * min(1, step / 45),
                     "norm": 0.8 + 0.1 * math.sin(step), "seconds": 0.9, "tokens_per_second": 9100.0, "mfu": 0.414,
                     "memory": 1_230_000_000})  # fmt: skip
        if step % 100 == 0:
            made.append({"event": "val", "step": step, "loss": 3.5 + 4.9 * math.exp(-step / 60)})
        if step % 150 == 0:
            made.append({"event": "sample", "step": step, "text": "Returns a new tensor with the same size."})
    return made


def write(folder: Path, made: list[dict[str, Any]], more: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.jsonl").open("a" if more else "w") as file:
        file.writelines(json.dumps(record) + "\n" for record in made)


def two_runs(app: Any) -> Path:
    root = app.workspace.home / "runs"
    write(root / "nano-1", [*records(900), {"event": "stop", "reason": "finished", "message": "", "step": 900}])
    write(root / "nano-2", records(340))
    app.jobs.alive.add("nano-2")
    return root


@pytest.mark.parametrize("size", SIZES)
async def test_runs(tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutor.screens.training.age", lambda path: "3 min ago")
    async with opened(tmp_path, size) as (app, pilot):
        await pilot.press("t")
        await settle(pilot)
        compare(app, "runs-none")
        two_runs(app)
        await pilot.press("escape", "ctrl+t")
        await settle(pilot)
        compare(app, "runs")


@pytest.mark.parametrize("size", SIZES)
async def test_watch(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        two_runs(app)
        await pilot.press("t")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Watch)
        await until(pilot, lambda: "of 900" in rows(app)[0])
        compare(app, "watch")


async def test_a_watched_run_follows_its_log_and_says_when_it_is_ill(tmp_path: Path) -> None:
    async with opened(tmp_path, (120, 40)) as (app, pilot):
        root = two_runs(app)
        await app.action_training()
        await app.going.open_page(Watch(root / "nano-2"))
        await until(pilot, lambda: "step 340 of 900" in rows(app)[0])
        assert any("healthy so far" in row for row in rows(app))
        write(
            root / "nano-2",
            [{"event": "step", "step": 341, "loss": "NaN", "lr": 1e-3, "norm": 1.0, "seconds": 1.0}],
            more=True,
        )
        app.jobs.alive.discard("nano-2")
        await until(pilot, lambda: "step 341 of 900" in rows(app)[0] and "stopped" in rows(app)[0])
        text = "\n".join(rows(app))
        assert "◦ stopped" in rows(app)[0] and "the loss of step 341 is nan" in text


async def test_stopping_asks_and_going_on_starts_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        root = two_runs(app)
        await app.action_training()
        await app.going.open_page(Watch(root / "nano-2"))
        await settle(pilot)
        await pilot.press("s")
        await settle(pilot)
        assert isinstance(app.screen, Dialog)
        await pilot.press("s")
        await until(pilot, lambda: bool(app.jobs.stopped) and not app.screen.alive)
        assert app.jobs.stopped == [root / "nano-2"]


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_comes_from_the_options_and_starts_a_run(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        await pilot.press("t")
        await settle(pilot)
        await pilot.press("n")
        await settle(pilot)
        form = app.screen
        assert isinstance(form, NewRun)
        compare(app, "new-run")
        await pilot.press("f6")
        await settle(pilot)
        assert sum(row.display for row in form.query(".field")) == len(config.fields())
        await pilot.press("f6", "down", "down", *"2o", "f2")
        await settle(pilot)
        assert app.screen is form and "max_steps=2o: expected a whole number" in "\n".join(rows(app))
        assert app.jobs.started == []
        await pilot.press("backspace", *"0", "f2")
        await settle(pilot)
        assert isinstance(app.screen, Watch)
        (folder, words) = app.jobs.started[0]
        assert folder.name == "nano-1" and words == ["preset=nano", "max_steps=20"]
        assert app.jobs.parts == app.course.passed_parts, "what the learner passed goes into the run"
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, Training)


async def test_the_forecast_is_asked_for_beforehand(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await app.action_training()
        await app.going.open_page(NewRun())
        await settle(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: "about 4 min" in "\n".join(rows(app)))
        assert app.jobs.started == []


def test_a_log_is_read_on_and_a_resumed_run_replaces_what_it_repeats(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write(folder, records(30))
    state = RunState(folder)
    assert state.read() and state.step == 30 and not state.read()
    write(folder, records(25)[21:], more=True)  # killed after step 30, gone on from step 20
    state.read()
    assert [step["step"] for step in state.steps] == list(range(1, 26))
    with (folder / "log.jsonl").open("a") as file:
        file.write('{"event": "step", "st')  # a torn line
    assert not state.read()


def test_a_run_that_goes_on_to_another_last_step_says_which(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write(folder, records(30, 30))
    state = RunState(folder)
    state.read()
    assert state.last_step == 30
    config = state.start["config"] | {"max_steps": 60}
    write(folder, [{"event": "note", "message": "resumed from step 30", "config": config}], more=True)
    state.read()
    assert state.last_step == 60 and state.preset == "nano"


def test_the_screen_names_all_that_the_log_shows(tmp_path: Path) -> None:
    """What needs the validation loss, too: the detectors are given all that they ask for."""
    folder = tmp_path / "run"
    start = {"event": "start", "expected_first_loss": 5.7, "unigram_loss": 4.0, "bigram_loss": 3.0}
    steps = [{"event": "step", "step": n, "loss": 5.7 - 0.2 * n, "norm": 1.0, "lr": 1e-3} for n in range(1, 25)]
    for loss, name in ((0.5, "leak"), (4.5, "overfitting")):
        vals = [{"event": "val", "step": 10, "loss": 2.0}, {"event": "val", "step": 24, "loss": loss}]
        write(folder, [start, *steps, *vals])
        state = RunState(folder)
        found = health.remarks(state.read())
        assert name in [remark.name for remark in found] and state.remarks() == found


def test_a_log_that_was_cut_is_read_from_its_start(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write(folder, records(30))
    state = RunState(folder)
    state.read()
    write(folder, records(12))
    state.read()
    assert [step["step"] for step in state.steps] == list(range(1, 13))


def test_curves_are_thin_enough_to_redraw(tmp_path: Path) -> None:
    state = RunState(tmp_path)
    for record in records(19_000, 19_000):
        state._take(record)
    x, y = state.curve()
    assert len(x) == len(y) <= POINTS and 1 <= x[0] < x[-1] <= 19_000


@pytest.mark.parametrize(("seconds", "words"), [(None, "…"), (9.6, "10 s"), (95, "1 min 35 s"), (7300, "2 h 1 min")])
def test_times_as_people_say_them(seconds: float | None, words: str) -> None:
    assert span(seconds) == words
