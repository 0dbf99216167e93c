"""Runs that were really sabotaged are called by their disease; the healthy one is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import SMALL

from gpt2 import health, model, train
from gpt2.log import read

WORDS = [*SMALL, "optimizer=adamw", "sample_every=-1", "eval_every=1000", "save_every=1000", "lr=1e-2", "max_steps=120"]


def trained(run: Path, text: Path, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Train and return the exit code and the log."""
    code = train.main([str(run), *WORDS, f"data={text}", *words])
    return code, read(run / "log.jsonl")[0]


def names(records: list[dict[str, Any]]) -> list[str]:
    """Return the names of what health finds."""
    return [remark.name for remark in health.remarks(records)]


def test_a_healthy_run_is_left_alone_at_every_step(tmp_path: Path, text_file: Path) -> None:
    code, records = trained(tmp_path / "run", text_file)
    assert code == 0
    for end in range(len(records)):
        assert names(records[: end + 1]) == []


def test_a_loss_that_is_no_number_stops_the_run(
    tmp_path: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = model.cross_entropy
    calls = iter(range(10**6))

    def poisoned(logits: torch.Tensor, targets: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
        loss = plain(logits, targets, reduction)
        return loss * float("nan") if next(calls) == 60 else loss

    monkeypatch.setattr(model, "cross_entropy", poisoned)
    code, records = trained(tmp_path / "run", text_file)
    assert code == 1
    assert names(records)[0] == "nan"
    assert records[-1]["event"] == "stop" and records[-1]["reason"] == "error"
    assert "not a number" in records[-1]["message"]
    assert not list((tmp_path / "run" / "checkpoints").glob("*"))  # what is broken is not kept


def test_a_learning_rate_too_large_is_called_divergence(tmp_path: Path, text_file: Path) -> None:
    code, records = trained(
        tmp_path / "run", text_file, "lr=3", "clip=0", "warmup_steps=20", "min_lr=1", "max_steps=60"
    )
    assert code == 0 and "divergence" in names(records)
    (remark,) = (r for r in health.remarks(records) if r.name == "divergence")
    assert "lr" in remark.advice


@pytest.mark.parametrize("sabotage", ["lr=1e-6", "frozen"])
def test_a_run_that_does_not_learn_is_called_a_plateau(
    sabotage: str, tmp_path: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sabotage == "frozen":
        monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: None)
    _, records = trained(tmp_path / "run", text_file, *(["lr=1e-6"] if sabotage == "lr=1e-6" else []))
    assert names(records) == ["plateau"]
    assert "lr" in health.remarks(records)[0].advice


@pytest.mark.parametrize("sabotage", ["half", "large"])
def test_a_wrong_first_loss_is_seen_at_once(
    sabotage: str, tmp_path: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, loss = model.GPT.initialize, model.cross_entropy

    def large(self: model.GPT) -> None:
        plain(self)
        with torch.no_grad():
            self.transformer.wte.weight.mul_(50)  # as nn.Embedding's own N(0, 1)

    if sabotage == "large":
        monkeypatch.setattr(model.GPT, "initialize", large)
    else:  # divided by the number of micro-batches once too often
        monkeypatch.setattr(model, "cross_entropy", lambda *given: loss(*given) / 2)
    _, records = trained(tmp_path / "run", text_file, "max_steps=2")
    assert names(records) == ["first-loss"]


def test_a_starving_loader_is_seen(tmp_path: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from gpt2 import data

    plain = data.Batches.get

    def slow(self: data.Batches, *arguments: int) -> Any:
        time.sleep(0.05)
        return plain(self, *arguments)

    monkeypatch.setattr(data.Batches, "get", slow)
    _, records = trained(tmp_path / "run", text_file, "max_steps=8")
    assert names(records) == ["starving"]


def test_an_empty_log_says_nothing() -> None:
    assert health.remarks([]) == [] and health.remarks([{"event": "start"}]) == []
