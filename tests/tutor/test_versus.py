"""Two runs beside each other, on the screen and as text: equal tokens, not equal steps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.tutor.conftest import Run
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, opened, settle, until
from tests.tutor.test_screens_training import write
from tutor import versus
from tutor.commands.watch import in_words
from tutor.screens.pick_run import PickRun
from tutor.screens.run_state import RunState
from tutor.screens.watch import Watch


def log(steps: int, size: int, speed: float, **config: Any) -> list[dict[str, Any]]:
    """What a run of steps of `size` tokens writes; its loss falls with the tokens, at its own speed."""
    made: list[dict[str, Any]] = [
        {"event": "start", "config": {"preset": "nano", "max_steps": steps, "lr": 3e-3, **config}, "device": "cpu",
         "tokens_per_step": size, "unigram_loss": 6.2, "bigram_loss": 4.4},
    ]  # fmt: skip
    for step in range(1, steps + 1):
        loss = 3.4 + 5 * math.exp(-step * size * speed)
        made.append({"event": "step", "step": step, "loss": loss, "lr": 1e-3, "norm": 0.8, "seconds": 0.5,
                     "tokens_per_second": 2 * size, "mfu": 0.41, "memory": 640_000_000})  # fmt: skip
        if step * size % 200_000 == 0:
            made.append({"event": "val", "step": step, "loss": loss + 0.1})
    return [*made, {"event": "stop", "reason": "finished", "step": steps}]


def both(root: Path) -> tuple[Path, Path]:
    write(root / "muon", log(300, 4000, 5e-6, optimizer="muon"))
    write(root / "adamw", log(500, 2000, 3e-6, optimizer="adamw", lr=1e-3))
    return root / "muon", root / "adamw"


def read(folder: Path) -> RunState:
    state = RunState(folder)
    state.read()
    return state


def test_losses_are_compared_after_equal_numbers_of_tokens(tmp_path: Path) -> None:
    muon, adamw = (read(folder) for folder in both(tmp_path))
    found = versus.losses(muon, adamw)
    assert [tokens for tokens, _, _ in found] == [250_000, 500_000, 750_000, 1_000_000]
    for tokens, ours, theirs in found:
        for state, loss, size, speed in ((muon, ours, 4000, 5e-6), (adamw, theirs, 2000, 3e-6)):
            last = tokens // size
            mean = sum(3.4 + 5 * math.exp(-s * size * speed) for s in range(last - 19, last + 1)) / 20
            assert loss == pytest.approx(mean) and versus.loss_at(state, tokens) == loss
    assert versus.loss_at(muon, 3999) is None
    assert versus.validation(muon, adamw) == (1_000_000, muon.vals[-2][1], adamw.vals[-1][1])
    assert versus.differences(muon, adamw) == [
        ("max_steps", "300", "500"), ("lr", "0.003", "0.001"), ("optimizer", "muon", "adamw"),
    ]  # fmt: skip


def test_the_table_says_so_where_there_is_nothing_to_compare(tmp_path: Path) -> None:
    muon, _ = both(tmp_path)
    write(tmp_path / "new", log(300, 4000, 5e-6, optimizer="muon")[:1])
    text = "\n".join(versus.table(read(muon), read(tmp_path / "new")))
    assert "their settings are equal" in text and "has not taken a step yet" in text


def test_losses_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    sick = log(30, 4000, 5e-6)
    sick[25] |= {"loss": "NaN"}
    write(tmp_path / "sick", [*sick, {"event": "val", "step": 30, "loss": "NaN"}])
    state = read(tmp_path / "sick")
    assert math.isfinite(versus.loss_at(state, 1e9) or math.nan) and state.vals == []


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_lays_another_run_over_the_one_watched(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        muon, adamw = both(app.workspace.home / "runs")
        await app.action_training()
        await app.going.open_page(Watch(muon))
        await until(pilot, lambda: "step 300 of 300" in rows(app)[0])
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, PickRun))
        compare(app, "watch-pick")
        await pilot.press("enter")
        await until(pilot, lambda: "optimizer" in "\n".join(rows(app)))
        compare(app, "watch-versus")
        write(adamw, [{"event": "step", "step": 501, "loss": 2.0, "lr": 1e-3, "norm": 1.0}], more=True)
        await until(pilot, lambda: app.screen.other.step == 501)  # the other one is followed too
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, PickRun))
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, Watch) and app.screen.other is None)
        await until(pilot, lambda: "unigram" in "\n".join(rows(app)))


async def test_without_another_run_the_key_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        write(app.workspace.home / "runs" / "alone", log(30, 4000, 5e-6))
        await app.action_training()
        await app.going.open_page(Watch(app.workspace.home / "runs" / "alone"))
        await settle(pilot)
        await pilot.press("c")
        await until(pilot, lambda: any("no other run" in note.message for note in app._notifications))


def test_a_run_is_watched_beside_another_in_plain_text(run: Run, tmp_path: Path) -> None:
    muon, adamw = both(tmp_path)
    code, out, _ = run("watch", str(muon), "--with", str(adamw))
    lines = out.splitlines()
    assert code == 0 and "· muon, + adamw" in lines[0] and out.count("+") > 30
    assert any(line.split() == ["optimizer", "muon", "adamw"] for line in lines)
    assert max(map(len, lines[: lines.index("start: 0 parameters on cpu")])) <= 80
    told = next(line for line in lines if line.startswith("step 250 of 300: loss"))
    assert told.endswith(f"MFU 41%, 640 MB, 25 s left (adamw: {versus.loss_at(read(adamw), 1_000_000):.4f})")
    assert "adamw" not in next(line for line in lines if line.startswith("step 251 of 300"))
    assert lines[-1] == "stop: finished"
    code, _, err = run("watch", str(muon), "--with", str(tmp_path / "nowhere"))
    assert code == 2 and "no run in" in err


def test_a_record_of_an_older_log_is_told_without_what_it_has_not() -> None:
    step = {"event": "step", "step": 3, "loss": 2.0, "lr": 1e-3, "norm": 1.0, "tokens_per_second": 10.0}
    assert in_words(step) == "step 3: loss 2.0000, lr 1.00e-03, norm 1.00, 10 tokens/s"
