"""What `data=` names is found, and no text is in both of its parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import sentences

from gpt2 import catalog, corpus


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own, with Shakespeare fetched."""
    monkeypatch.setenv("GRADATIM_CACHE", str(tmp_path / "cache"))
    folder = catalog.find("shakespeare").folder
    folder.mkdir(parents=True)
    (folder / "input.txt").write_text(sentences(200))
    return tmp_path / "cache"


def test_a_name_is_what_was_fetched_under_it(cache: Path) -> None:
    documents = corpus.load("shakespeare")
    assert "".join(d.text for d in documents).startswith(sentences(200)[:1000])
    assert {d.split for d in documents} == {"train", "val"}
    assert corpus.shards("shakespeare") == {} and corpus.shards("docs") == {}


def test_a_name_that_was_not_fetched_says_how_to(cache: Path) -> None:
    with pytest.raises(ValueError, match="gradatim data get names"):
        corpus.load("names")
    with pytest.raises(ValueError, match="gradatim data get fineweb"):
        corpus.shards("fineweb")
    with pytest.raises(ValueError, match=r"no such file or folder; the names are docs, shakespeare, names"):
        corpus.load("shakespear")


def test_a_folder_called_like_a_name_is_found_by_its_path(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names").mkdir()
    for n in range(3):
        (tmp_path / "names" / f"{n}.txt").write_text(sentences(5, seed=n))
    assert len(corpus.load("./names")) == 3
    with pytest.raises(ValueError, match="data get names"):  # the name alone never depends on the folder one is in
        corpus.load("names")


def test_fetched_shards_are_found_by_name(cache: Path) -> None:
    folder = catalog.find("fineweb").folder
    folder.mkdir(parents=True)
    for file in catalog.find("fineweb").files(2):
        (folder / file.name).write_bytes(b"")
    found = corpus.shards("fineweb")
    assert [path.name for path in found["val"]] == ["fineweb_val_000000.bin"]
    assert [path.name for path in found["train"]] == ["fineweb_train_000001.bin", "fineweb_train_000002.bin"]
    with pytest.raises(ValueError, match="ids, not text"):
        corpus.load("fineweb")


@pytest.mark.parametrize(
    ("names", "train", "val"),
    [
        (["train.bin", "val.bin", "input.txt"], ["train.bin"], ["val.bin"]),
        (["b.npy", "a.bin"], ["a.bin", "b.npy"], []),
        (["Validation_1.npy", "x_1.npy", "x_test.npy"], ["x_1.npy"], ["Validation_1.npy"]),
        (["medieval.bin", "interval2.bin"], ["interval2.bin", "medieval.bin"], []),  # not every "val" is one
    ],
)
def test_shards_are_told_apart_by_their_names(
    names: list[str], train: list[str], val: list[str], tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"")
    found = corpus.shards(str(tmp_path))
    assert {part: [path.name for path in paths] for part, paths in found.items()} == {"train": train, "val": val}


def test_text_beside_some_array_stays_text(tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text(sentences(9))
    (tmp_path / "weights.npy").write_bytes(b"")
    assert corpus.shards(str(tmp_path)) == {}


def test_shards_for_validation_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "val.bin").write_bytes(b"")
    with pytest.raises(ValueError, match="no shard in it is meant for training"):
        corpus.shards(str(tmp_path))


def test_a_document_that_repeats_another_goes_where_that_one_went(tmp_path: Path) -> None:
    for n in range(60):
        (tmp_path / f"{n:02d}.txt").write_text(sentences(5, seed=n % 30) + " \n" * (n // 30))
    documents = corpus.load(str(tmp_path))
    parts = {split: {" ".join(d.text.split()) for d in documents if d.split == split} for split in ("train", "val")}
    assert len(documents) == 60 and len(parts["train"]) + len(parts["val"]) == 30
    assert parts["val"] and not parts["train"] & parts["val"]


def test_hidden_files_are_nobodys_text(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "lib").mkdir(parents=True)
    (tmp_path / ".venv" / "lib" / "a.py").write_text("secret = 1\n" * 50)
    (tmp_path / ".notes.md").write_text("mine alone")
    for n in range(2):
        (tmp_path / f"{n}.txt").write_text(sentences(5, seed=n))
    assert [d.name for d in corpus.load(str(tmp_path))] == ["0.txt", "1.txt"]
