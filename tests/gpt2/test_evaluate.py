"""Losses are means over every token, and endings are scored as HellaSwag says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import module, sentences

from gpt2 import catalog, checkpoint, evaluate, tokens, weights
from gpt2.batches import Row
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


ITEMS = [
    evaluate.Item("The baker opens the oven and a cloud of smoke comes out. She", (
        "takes the black loaf out and opens a window.", "writes the oven a letter.", "is the oven.",
        "sells the smoke by weight, and the queue of customers who want some reaches around the corner.",
    ), 0),
    evaluate.Item("A boy ties his shoe. He", ("swims.", "runs on.", "peels the number nine.", "ties a river"), 1),
    evaluate.Item("It rains, so the tennis players", (
        "put the rain in a bag", "wait under the roof until it stops", "become umbrellas", "win, all of them, twice",
    ), 1),
    evaluate.Item("", ("no beginning at all", "an end"), 0),
    evaluate.Item("Two men carry a piano up the stairs. " * 9 + "At the top they", (
        "put it down and breathe.", "find that it was the wrong house; " * 3, "sing", "fold it",
    ), 0),
    evaluate.Item("The cat looks at the fish.", (" The fish looks back.", "tax", "Nobody asks the cat.", "7 7 7"), 0),
]  # fmt: skip


@pytest.fixture(scope="module")
def decided() -> tuple[GPT, tokens.tiktoken.Encoding]:
    """A random model with opinions: its matrices are wide, so that endings differ clearly."""
    torch.manual_seed(3)
    encoding = tokens.train([sentences(200), " ".join(item.context for item in ITEMS)], 290)
    model = GPT(Model(n_layer=2, n_head=2, n_embd=32, block_size=128, vocab_size=encoding.n_vocab)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.mul_(8)
    return model, encoding


def one_at_a_time(
    folder: Path, encoding: tokens.tiktoken.Encoding, item: evaluate.Item
) -> Iterator[tuple[float, float]]:
    """What transformers' own GPT-2 says about each ending of one item, alone and without any padding."""
    from transformers import GPT2LMHeadModel

    theirs = GPT2LMHeadModel.from_pretrained(folder).eval()
    for ending in item.endings:
        context = encoding.encode_ordinary(item.context) or [encoding.eot_token]
        end = encoding.encode_ordinary(" " + ending.lstrip())
        ids = torch.tensor([(context + end)[-129:]])
        assert len(end) < 120
        with torch.no_grad():
            spread = theirs(ids[:, :-1]).logits[0].log_softmax(-1)
        losses = -spread.gather(1, ids[0, 1:, None])[-len(end) :, 0]
        yield float(losses.sum()), float(losses.mean())


@pytest.mark.parametrize("at_once", [100, 300, 4096])
def test_items_in_batches_score_as_transformers_scores_them_one_at_a_time(
    decided: tuple[GPT, tokens.tiktoken.Encoding], tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, encoding = decided
    weights.write(tmp_path, model, encoding.eot_token)
    theirs = [list(one_at_a_time(tmp_path, encoding, item)) for item in ITEMS]
    monkeypatch.setitem(evaluate.AT_ONCE, "cpu", at_once)
    monkeypatch.setattr(evaluate, "HEAD_ROWS", 50)
    shapes = []
    features = GPT.features
    monkeypatch.setattr(GPT, "features", lambda self, ids: shapes.append(tuple(ids.shape)) or features(self, ids))
    rows = [row for item in ITEMS for row in evaluate.rows(encoding, item, 128)]
    ours = evaluate.ending_losses(model, rows)
    flat = [pair for losses in theirs for pair in losses]
    assert np.array(ours) == pytest.approx(np.array(flat), rel=2e-5)
    assert sum(count for count, _ in shapes) == len(rows) == 22
    assert len(shapes) < len(rows) if at_once > 100 else len(shapes) > 10
    assert at_once < 4096 or len(shapes) == 1  # many items in one forward pass

    sums = [min(range(len(of)), key=lambda i, of=of: of[i][0]) for of in theirs]
    means = [min(range(len(of)), key=lambda i, of=of: of[i][1]) for of in theirs]
    labels = [item.label for item in ITEMS]
    said = evaluate.hellaswag(model, encoding, ITEMS)
    assert said["acc"] == sum(map(int.__eq__, sums, labels)) / 6 and said["items"] == 6
    assert said["acc_norm"] == sum(map(int.__eq__, means, labels)) / 6
    assert said["acc_norm_error"] == pytest.approx((said["acc_norm"] * (1 - said["acc_norm"]) / 6) ** 0.5)
    assert sums != means  # else this would not tell acc from acc_norm
    for item, by_sum, by_mean in zip(ITEMS, sums, means, strict=True):
        assert evaluate.score(model, encoding, item) == (by_sum == item.label, by_mean == item.label)


def test_the_progress_of_scoring_is_seen(decided: tuple[GPT, tokens.tiktoken.Encoding]) -> None:
    seen: list[tuple[int, int]] = []
    evaluate.hellaswag(*decided, ITEMS[:3], lambda *at: seen.append(at))
    assert seen[-1] == (12, 12)
    with pytest.raises(ValueError, match="no items"):
        evaluate.hellaswag(*decided, [])


def test_a_context_longer_than_the_model_is_cut(trained: Path) -> None:
    model, encoding, _ = checkpoint.open_run(trained)
    item = evaluate.Item("the cat sees tea, " * 40, ("and so it goes. " * 30, "no"), 1)
    evaluate.score(model, encoding, item)


def test_the_command_scores_a_file_of_items(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "items.jsonl"
    endings = ["likes gold, and so it goes.", "2 2", "!! ?", "xyz"]
    lines = [{"ctx": "a dog", "endings": endings, "label": n % 2} for n in range(4)]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    done = module("gpt2.evaluate", trained, "--hellaswag", path, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["version"] == 1 and said["items"] == 4 and said["acc_norm"] == 0.5
    assert evaluate.main([str(trained), "--hellaswag", str(path), "--items", "3", "--json"]) == 0
    some = json.loads(capsys.readouterr().out)
    assert some["items"] == 3 and some["acc_norm"] == pytest.approx(2 / 3)
    path.write_text('{"ctx": "a"}\n')
    done = module("gpt2.evaluate", trained, "--hellaswag", path)
    assert done.returncode == 2 and "line 1" in done.stderr


def test_the_command_measures_the_same_loss_as_the_run(trained: Path) -> None:
    said = json.loads(module("gpt2.evaluate", trained, "--tokens", "512", "--json").stdout)
    logged = [json.loads(line) for line in (trained / "log.jsonl").read_text().splitlines()]
    last = [record["loss"] for record in logged if record["event"] == "val"][-1]
    assert said["loss"] == pytest.approx(last, abs=1e-5)
    assert said["bigram_loss"] < said["unigram_loss"]


def test_the_fetched_items_go_by_their_name(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADATIM_CACHE", str(tmp_path))
    assert evaluate.main([str(trained), "--hellaswag", "hellaswag"]) == 2
    assert "gradatim data get hellaswag" in capsys.readouterr().err
    folder = catalog.find("hellaswag").folder
    folder.mkdir(parents=True)
    item = {"ctx": "a dog", "endings": ["likes gold, and so it goes.", "2 2"], "label": 0}
    (folder / "hellaswag_val.jsonl").write_text(json.dumps(item))
    assert evaluate.main([str(trained), "--hellaswag", "hellaswag"]) == 0
    assert "acc_norm        1.0000" in capsys.readouterr().out


def test_a_loss_over_several_shards_is_that_of_the_whole() -> None:
    torch.manual_seed(0)
    model = GPT(Model(n_layer=1, n_head=2, n_embd=16, block_size=8, vocab_size=50)).double()
    ids = np.random.default_rng(0).integers(0, 50, 40).astype(np.uint16)
    row = Row([ids[:3], ids[3:21], ids[21:]])
    assert evaluate.loss(model, row, 10**9) == evaluate.loss(model, ids, 10**9)
