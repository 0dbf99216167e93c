"""Losses are means over every token, and endings are scored as HellaSwag says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import module

from gpt2 import checkpoint, evaluate
from gpt2.config import Model
from gpt2.model import GPT


def test_the_loss_is_the_mean_over_all_windows_and_the_rest() -> None:
    torch.manual_seed(0)
    model = GPT(Model(n_layer=1, n_head=2, n_embd=16, block_size=8, vocab_size=50)).double()
    ids = np.random.default_rng(0).integers(0, 50, 30).astype(np.uint16)
    row = torch.from_numpy(ids.astype(np.int64))
    parts = []
    for first in (0, 8, 16, 24):
        x, y = row[first : min(first + 8, 29)], row[first + 1 : min(first + 9, 30)]
        parts.append(F.cross_entropy(model(x[None])[0], y, reduction="sum"))
    expected = float(torch.stack(parts).sum()) / 29
    for micro in (1, 2, 8):
        assert evaluate.loss(model, ids, 10**9, micro) == pytest.approx(expected, abs=1e-12)
    assert model.training


def test_endings_are_scored_alone_and_in_a_batch_alike(trained: Path) -> None:
    model, encoding, _ = checkpoint.open_run(trained)
    item = evaluate.Item("the cat", ("sees fish, and so it goes.", "zq", "likes", "0 0 0 0 0"), 0)
    sums, means = [], []
    for ending in item.endings:
        context, rest = encoding.encode_ordinary(item.context), encoding.encode_ordinary(" " + ending)
        ids = torch.tensor([context + rest])
        with torch.no_grad():
            losses = F.cross_entropy(model(ids[:, :-1])[0], ids[0, 1:], reduction="none")[-len(rest) :]
        sums.append(float(losses.sum()))
        means.append(float(losses.mean()))
    for label in range(4):
        right = evaluate.score(model, encoding, evaluate.Item(item.context, item.endings, label))
        assert right == (int(np.argmin(sums)) == label, int(np.argmin(means)) == label)


def test_a_context_longer_than_the_model_is_cut(trained: Path) -> None:
    model, encoding, _ = checkpoint.open_run(trained)
    item = evaluate.Item("the cat sees tea, " * 40, ("and so it goes. " * 30, "no"), 1)
    evaluate.score(model, encoding, item)


def test_the_command_scores_a_file_of_items(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    endings = ["likes gold, and so it goes.", "2 2", "!! ?", "xyz"]
    lines = [{"ctx": "a dog", "endings": endings, "label": n % 2} for n in range(4)]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    done = module("gpt2.evaluate", trained, "--hellaswag", path, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["version"] == 1 and said["items"] == 4 and said["acc_norm"] == 0.5
    path.write_text('{"ctx": "a"}\n')
    done = module("gpt2.evaluate", trained, "--hellaswag", path)
    assert done.returncode == 2 and "line 1" in done.stderr


def test_the_command_measures_the_same_loss_as_the_run(trained: Path) -> None:
    said = json.loads(module("gpt2.evaluate", trained, "--tokens", "512", "--json").stdout)
    logged = [json.loads(line) for line in (trained / "log.jsonl").read_text().splitlines()]
    last = [record["loss"] for record in logged if record["event"] == "val"][-1]
    assert said["loss"] == pytest.approx(last, abs=1e-5)
    assert said["bigram_loss"] < said["unigram_loss"]
