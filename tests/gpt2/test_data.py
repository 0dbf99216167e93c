"""Shards are read in all their forms, and batches come in one order for any number of processes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import sentences

from gpt2 import corpus, data


def test_all_three_forms_of_shards_are_read(tmp_path: Path) -> None:
    ids = np.arange(1000, dtype=np.uint16) * 61 % 50257
    data.write_shard(tmp_path / "a.bin", ids)
    np.save(tmp_path / "b.npy", ids)
    (tmp_path / "c.bin").write_bytes(ids.tobytes())
    for name in ("a.bin", "b.npy", "c.bin"):
        assert np.array_equal(data.read_shard(tmp_path / name), ids), name
    header = np.fromfile(tmp_path / "a.bin", dtype=np.int32, count=256)
    assert header[:3].tolist() == [20240520, 1, 1000] and not header[3:].any()
    assert (tmp_path / "a.bin").stat().st_size == 1024 + 2000


def test_damaged_shards_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    data.write_shard(path, [1, 2, 3])
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ValueError, match="promises 3 tokens"):
        data.read_shard(path)
    (tmp_path / "b.bin").write_bytes(b"odd")
    with pytest.raises(ValueError, match="odd number"):
        data.read_shard(tmp_path / "b.bin")
    np.save(tmp_path / "c.npy", np.zeros(3))
    with pytest.raises(ValueError, match="uint16"):
        data.read_shard(tmp_path / "c.npy")
    with pytest.raises(ValueError, match="65535"):
        data.write_shard(path, [70000])


def test_targets_are_the_inputs_shifted_across_shard_borders() -> None:
    shards = [np.arange(0, 7, dtype=np.uint16), np.arange(7, 9, dtype=np.uint16), np.arange(9, 64, dtype=np.uint16)]
    batches = data.Batches(shards, block=5, seed=1)
    x, y = batches.get(0, batches.windows)
    assert x.shape == y.shape == (11, 5) and x.dtype == torch.int64
    assert torch.equal(x + 1, y)
    assert torch.equal(x[:, 1:], y[:, :-1])


def test_a_pass_serves_every_window_once_and_the_next_in_another_order() -> None:
    batches = data.Batches([np.arange(1001, dtype=np.uint16)], block=10, seed=4)
    n = batches.windows
    first = [tuple(batches.window(i).tolist()) for i in range(n)]
    second = [tuple(batches.window(n + i).tolist()) for i in range(n)]
    assert len(set(first)) == n and sorted(first) != first
    assert [w[0] // 10 for w in first] != [w[0] // 10 for w in second]


@pytest.mark.parametrize("world", [1, 2, 4])
def test_any_number_of_processes_serves_the_same_step(world: int) -> None:
    ids = np.random.default_rng(0).integers(0, 500, 4001).astype(np.uint16)
    alone = data.Batches([ids], block=8, seed=5)
    for step in range(3):
        offset = step * 16 * 8
        whole, _ = alone.get(offset, 16)
        rows = []
        for micro in range(16 // (2 * world)):
            at = offset + micro * 2 * world * 8
            rows += [data.Batches([ids], block=8, seed=5).get(at, 2, rank, world)[0] for rank in range(world)]
        assert sorted(map(tuple, torch.cat(rows).tolist())) == sorted(map(tuple, whole.tolist()))


def test_a_text_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="less than one window"):
        data.Batches([np.zeros(5, dtype=np.uint16)], block=5, seed=0)


def test_baselines_are_those_of_the_definition(tmp_path: Path) -> None:
    data.write_shard(tmp_path / "train.bin", [0, 1, 0, 1, 0, 2] * 50)
    data.write_shard(tmp_path / "val.bin", [0, 1, 0, 2])
    encoding = type("Three", (), {"n_vocab": 3})()
    unigram, bigram = data.baselines(data.Prepared(tmp_path, encoding))
    p = [151 / 303, 101 / 303, 51 / 303]
    assert unigram == pytest.approx(-(math.log(p[1]) + math.log(p[0]) + math.log(p[2])) / 3)
    best = min(
        -(
            math.log((100 + k * p[1]) / (150 + k))
            + math.log((100 + k * p[0]) / (100 + k))
            + math.log((50 + k * p[2]) / (150 + k))
        )
        / 3
        for k in (1, 3, 10, 30, 100, 300, 1000)
    )
    assert bigram == pytest.approx(best, rel=1e-9)


def test_no_document_is_in_both_parts(tmp_path: Path) -> None:
    for n in range(40):
        (tmp_path / f"{n}.txt").write_text(sentences(5, seed=n))
    documents = corpus.load(str(tmp_path))
    assert len(documents) == 40 and {d.split for d in documents} == {"train", "val"}
    (tmp_path / "new.txt").write_text("a new one")
    again = {d.name: d.split for d in corpus.load(str(tmp_path))}
    assert all(again[d.name] == d.split for d in documents)  # a new document moves no other


def test_the_same_text_is_tokenized_once(text_file: Path, own_cache: Path) -> None:
    a = data.prepare(str(text_file), "trained", 300)
    before = sorted(own_cache.iterdir())
    b = data.prepare(str(text_file), "trained", 300)
    assert a.folder == b.folder and sorted(own_cache.iterdir()) == before
    assert np.array_equal(a.train, b.train) and len(a.train) > len(a.val) > 0
    assert a.encoding.decode(a.val[:50].tolist()).startswith("<|endoftext|>")


def test_cleaning_keeps_sentences_and_drops_code() -> None:
    text = "Return the :func:`~torch.sum` of all ``values`` in a given list of numbers,\n    one by one."
    source = f'"""{text}\n\n    >>> f(1)\n    2\n\n    x = y + z\n    """\n'
    (docstring,) = corpus.docstrings(source)
    assert list(corpus.paragraphs(docstring)) == [
        "Return the torch.sum of all values in a given list of numbers, one by one."
    ]
    assert list(corpus.docstrings("def broken(:")) == []


@pytest.mark.long
def test_the_documentation_on_this_machine_is_megabytes_of_english() -> None:
    documents = corpus.load("docs")
    size = {split: sum(len(d.text) for d in documents if d.split == split) for split in ("train", "val")}
    assert size["train"] > 2_000_000 and size["val"] > 100_000
    met: set[str] = set()
    for document in documents:
        own = {line for line in document.text.splitlines() if line}
        assert not own & met  # no paragraph is in two documents, so none is in both parts
        met |= own
    assert [d.name for d in documents] == sorted(d.name for d in documents)
