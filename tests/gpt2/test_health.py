"""Runs that were really sabotaged are called by their disease; the healthy one is left alone."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import SMALL

from gpt2 import gradients, health, model, train
from gpt2.batches import Batches
from gpt2.log import read

WORDS = [*SMALL, "optimizer=adamw", "sample_every=-1", "eval_every=1000", "save_every=1000", "lr=1e-2", "max_steps=120"]


def trained(run: Path, text: Path, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Train and return the exit code and the log."""
    code = train.main([str(run), *WORDS, f"data={text}", *words])
    return code, read(run / "log.jsonl")[0]


def functions(count: int) -> str:
    """Write small functions that add: a text of names, numbers and marks."""
    rng = random.Random(0)
    pairs = [(rng.randrange(100), rng.randrange(100)) for _ in range(count)]
    return "\n\n".join(f"def add_{a}(x: int = {b}) -> int:\n    return x + {a}  # {a + b} at first" for a, b in pairs)


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
    plain = gradients.head_loss
    calls = iter(range(10**6))

    def poisoned(*given: Any) -> torch.Tensor:
        loss = plain(*given)
        return loss * float("nan") if next(calls) == 60 else loss

    monkeypatch.setattr(gradients, "head_loss", poisoned)
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
    plain, loss = model.GPT.initialize, gradients.head_loss

    def large(self: model.GPT) -> None:
        plain(self)
        with torch.no_grad():
            self.transformer.wte.weight.mul_(50)  # as nn.Embedding's own N(0, 1)

    if sabotage == "large":
        monkeypatch.setattr(model.GPT, "initialize", large)
    else:  # divided by the number of micro-batches once too often
        monkeypatch.setattr(gradients, "head_loss", lambda *given: loss(*given) / 2)
    _, records = trained(tmp_path / "run", text_file, "max_steps=2")
    assert names(records) == ["first-loss"]


def test_a_starving_loader_is_seen(tmp_path: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    plain = Batches.get

    def slow(self: Batches, *arguments: int) -> Any:
        time.sleep(0.05)
        return plain(self, *arguments)

    monkeypatch.setattr(Batches, "get", slow)
    _, records = trained(tmp_path / "run", text_file, "max_steps=8")
    assert names(records) == ["starving"]


def test_an_empty_log_says_nothing() -> None:
    assert health.remarks([]) == [] and health.remarks([{"event": "start"}]) == []


def resent(self: Any, *arguments: int) -> Any:
    """A loader that always gives its first batch."""
    if not hasattr(self, "first"):
        self.first = PLAIN_GET(self, 0, *arguments[1:])
    return self.first


PLAIN_GET = Batches.get


def same_targets(self: Any, *arguments: int) -> Any:
    """Targets that are the inputs themselves."""
    x, _ = PLAIN_GET(self, *arguments)
    return x, x.clone()


def any_targets(self: Any, *arguments: int) -> Any:
    """Targets drawn by chance."""
    x, y = PLAIN_GET(self, *arguments)
    return x, torch.randint_like(y, 1, 300)


def sighted(*given: Any, **options: Any) -> Any:
    """Attention without its mask."""
    return PLAIN_ATTENTION(*given, **options | {"is_causal": False})


PLAIN_ATTENTION = torch.nn.functional.scaled_dot_product_attention
SABOTAGES: dict[str, tuple[str, Any, tuple[str, ...]]] = {
    # what is replaced, by what, with which options; and the name that must be said
    "leak: targets are the inputs": ("gpt2.batches.Batches.get", same_targets, ("eval_every=20",)),
    "leak: no causal mask": (
        "torch.nn.functional.scaled_dot_product_attention",
        sighted,
        ("eval_every=50", "max_steps=600", "optimizer=muon"),
    ),
    "plateau: targets by chance": ("gpt2.batches.Batches.get", any_targets, ("max_steps=240",)),
    "overfitting: one batch again and again": ("gpt2.batches.Batches.get", resent, ("eval_every=20",)),
    "norm: gradients are never cleared": ("gpt2.train.Trainer.clear", lambda self: None, ("clip=0", "lr=1e-4")),
    "accounting: tokens counted twice": ("gpt2.train.Trainer.pieces", property(lambda self: 1), ()),
}


@pytest.mark.parametrize("what", SABOTAGES)
def test_what_was_really_sabotaged_is_called_by_its_name(
    what: str, tmp_path: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, put, words = SABOTAGES[what]
    monkeypatch.setattr(place, put)
    _, records = trained(tmp_path / "run", text_file, *words)
    assert what.partition(":")[0] in names(records), [(r.name, r.says) for r in health.remarks(records)]


HEALTHY = [
    ("n_layer=1", "n_embd=16", "lr=3e-3"),
    ("n_layer=4", "n_embd=48", "n_head=4", "dropout=0.1", "lr=5e-3"),
    ("dtype=bfloat16",),
    ("optimizer=muon", "lr=5e-3"),
    ("vocab_size=500", "block_size=16", "tokens_per_step=512", "lr=2e-2", "warmup_steps=0"),
]


@pytest.mark.parametrize("words", HEALTHY, ids=lambda words: " ".join(words))
def test_healthy_runs_of_many_kinds_are_left_alone(words: tuple[str, ...], tmp_path: Path, text_file: Path) -> None:
    text = text_file
    if "vocab_size=500" in words:  # another text, one that stays the same and that so small a model can learn
        text = tmp_path / "code.txt"
        text.write_text(functions(4000), "utf-8")
    code, records = trained(tmp_path / "run", text, "eval_every=20", *words)
    assert code == 0
    for end in range(0, len(records), 5):
        assert names(records[: end + 1]) == [], [(r.name, r.says) for r in health.remarks(records[: end + 1])]
