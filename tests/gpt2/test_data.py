"""Shards are read in all their forms, and a corpus is tokenized once and parted honestly."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import sentences

from gpt2 import corpus, data, tokens
from gpt2.batches import Batches


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
    header = np.zeros(512, dtype="<i4")
    header[:3] = 20240801, 7, 256
    header.tofile(tmp_path / "llama.bin")
    with pytest.raises(ValueError, match="not one of GPT-2's"):
        data.read_shard(tmp_path / "llama.bin")
    np.save(tmp_path / "c.npy", np.zeros(3))
    with pytest.raises(ValueError, match="uint16"):
        data.read_shard(tmp_path / "c.npy")
    with pytest.raises(ValueError, match="65535"):
        data.write_shard(path, [70000])


# --- corpora ---------------------------------------------------------------------------------------


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


# --- shards that are there already -----------------------------------------------------------------

ENCODING = tokens.train([sentences(300)], 300)


def documents(count: int, seed: int) -> np.ndarray:
    """The ids of some documents, each after its mark."""
    texts = [sentences(3, seed=seed * 1000 + n) for n in range(count)]
    return np.concatenate([np.array(ids, dtype=np.uint16) for ids in tokens.encode(ENCODING, texts)])


def test_shards_in_all_forms_make_one_corpus(tmp_path: Path) -> None:
    rows = [documents(20, seed) for seed in range(5)]
    data.write_shard(tmp_path / "web_val_000000.bin", rows[0])
    data.write_shard(tmp_path / "web_train_000001.bin", rows[1])
    np.save(tmp_path / "web_train_000002.npy", rows[2])
    rows[3].tofile(tmp_path / "web_train_000003.bin")
    data.write_shard(tmp_path / "web_test_000000.bin", rows[4])
    (tmp_path / "web_train_000004.bin.part").write_bytes(b"not yet")
    prepared = data.prepare(str(tmp_path), "trained", 300, encoding=ENCODING)
    assert np.array_equal(prepared.train[:], np.concatenate(rows[1:4])) and len(prepared.shards) == 3
    assert np.array_equal(prepared.val[:], rows[0])
    whole = Batches([np.concatenate(rows[1:4])], 16, seed=3)
    for batches in (Batches(prepared.shards, 16, seed=3), Batches([prepared.train], 16, seed=3)):
        assert torch.equal(batches.get(160, 8)[0], whole.get(160, 8)[0])
    assert data.baselines(prepared) == pytest.approx(data.baselines(
        data.Prepared(tmp_path, ENCODING, [np.concatenate(rows[1:4])], [rows[0]])
    ))  # fmt: skip


def test_without_a_validation_shard_the_end_of_the_last_is_kept_out_of_training(tmp_path: Path) -> None:
    rows = [documents(300, seed) for seed in range(2)]
    for n, ids in enumerate(rows):
        data.write_shard(tmp_path / f"{n}.bin", ids)
    prepared = data.prepare(str(tmp_path), "trained", 300, encoding=ENCODING)
    train, val = prepared.train[:], prepared.val[:]
    assert np.array_equal(np.concatenate([train, val]), np.concatenate(rows))  # nothing twice, nothing lost
    assert 0 < len(val) <= len(rows[1]) // 10 and val[0] == ENCODING.eot_token
    assert "kept out of training" in prepared.split and "1.bin" in prepared.split
    alone = data.prepare(str(tmp_path / "1.bin"), "trained", 300, encoding=ENCODING)
    assert np.array_equal(alone.val[:], val)


def test_a_large_shard_gives_a_hundredth_away() -> None:
    ids = np.zeros(20_000_000, dtype=np.uint16)
    assert data.held_out(ids, 7) == 19_800_000
    ids[19_850_000] = 7
    assert data.held_out(ids, 7) == 19_850_000  # a document's start is better, where one is near
    with pytest.raises(ValueError, match="too few"):
        data.held_out(ids[:10], 7)


def test_shards_of_another_tokenizer_are_refused(tmp_path: Path) -> None:
    data.write_shard(tmp_path / "train.bin", [1, 2, 299] * 100)
    data.prepare(str(tmp_path), "trained", 300, encoding=ENCODING)
    data.write_shard(tmp_path / "train.bin", [1, 2, ENCODING.n_vocab] * 100)
    with pytest.raises(ValueError, match="another tokenizer"):
        data.prepare(str(tmp_path), "trained", 300, encoding=ENCODING)


def test_shards_without_their_vocabulary_say_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    data.write_shard(tmp_path / "train.bin", [1, 2, 3] * 100)
    with pytest.raises(ValueError, match="gradatim data get gpt2-bpe"):
        data.prepare(str(tmp_path), "gpt2", 50257)


def test_shards_can_bring_their_tokenizer(tmp_path: Path) -> None:
    data.write_shard(tmp_path / "train.bin", documents(30, 0))
    tokens.save(ENCODING, tmp_path)
    prepared = data.prepare(str(tmp_path), "gpt2", 50257)
    assert prepared.encoding.n_vocab == 300 and "so it goes" in data.facts(prepared)["train_begins"]


def test_what_a_run_reads_has_a_mark_of_its_own(tmp_path: Path) -> None:
    data.write_shard(tmp_path / "val.bin", documents(9, 0))
    data.write_shard(tmp_path / "1.bin", documents(9, 1))
    first = data.prepare(str(tmp_path), "trained", 300, encoding=ENCODING).mark
    assert data.prepare(str(tmp_path), "trained", 300, encoding=ENCODING).mark == first
    data.write_shard(tmp_path / "2.bin", documents(9, 2))
    assert data.prepare(str(tmp_path), "trained", 300, encoding=ENCODING).mark != first


def test_baselines_of_a_large_corpus_count_its_first_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data, "COUNTED", 1000)
    first, rest = np.array([0, 1] * 500, dtype=np.uint16), np.array([2] * 5000, dtype=np.uint16)
    val = np.array([0, 1] * 20, dtype=np.uint16)
    prepared = data.Prepared(tmp_path, ENCODING, [first, rest], [val])
    assert data.baselines(prepared) == data.baselines(data.Prepared(tmp_path, ENCODING, [first], [val]))
    assert "counted on the first 1,000 training tokens" in data.describe(prepared)


# --- what is said before training ------------------------------------------------------------------


def test_counts_and_samples_are_shown(text_file: Path) -> None:
    prepared = data.prepare(str(text_file), "trained", 300)
    known, said = data.facts(prepared), data.describe(prepared)
    assert known["train_tokens"] == len(prepared.train) and known["val_tokens"] == len(prepared.val)
    plain = [i for i in prepared.train.tolist() if i != prepared.encoding.eot_token]
    assert known["bytes_per_token"] == pytest.approx(len(prepared.encoding.decode(plain)) / len(plain), abs=0.01)
    assert f"{len(prepared.train):,} tokens" in said and f"{len(prepared.val):,} tokens" in said
    assert len(known["train_begins"]) == 200 and known["train_begins"] in said and "and so it goes." in said
    assert known["val_begins"] != known["train_begins"] and "none of them in both parts" in said


def test_a_sample_cannot_move_the_cursor(tmp_path: Path) -> None:
    ids = np.array(ENCODING.encode_ordinary("a\x1b[2Jb\nc\x07"), dtype=np.uint16)
    assert data.beginning(ENCODING, ids) == "a�[2Jb c�"


# --- documentation ---------------------------------------------------------------------------------


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
