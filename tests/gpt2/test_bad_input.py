"""What cannot be trained on, or in, is said in a sentence, and nothing is broken by it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import SMALL

from gpt2 import checkpoint, config, device, forecast, plan, train


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.txt", b"", "too little text"),
        ("one.txt", b"one line alone", "too little text"),
        ("short.txt", b"some words and more.\n" * 4, "less than one window of 32"),
        ("picture.txt", bytes(range(256)) * 12, "picture.txt is no UTF-8 text"),
        ("utf16.txt", "some words and more.\n".encode("utf-16") * 40, "utf16.txt is no UTF-8 text"),
    ],
)
def test_a_file_that_is_no_corpus_is_refused(
    name: str, content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert train.main([str(tmp_path / "run"), *SMALL, f"data={tmp_path / name}"]) == 2
    assert says in capsys.readouterr().err


def test_a_few_damaged_letters_are_no_reason_to_refuse_a_text(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Ein Stück davon, und noch viel mehr Text.\n".encode("latin-1") * 400)
    assert train.main([str(tmp_path / "run"), *SMALL, f"data={tmp_path / 'latin.txt'}", "max_steps=1"]) == 0


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes").write_text("kept")
    for run in (tmp_path / "notes", tmp_path / "notes" / "run"):
        assert train.main([str(run), *SMALL]) == 2
        assert f"{tmp_path / 'notes'} is a file, where a run's folder is to be" in capsys.readouterr().err
    assert (tmp_path / "notes").read_text() == "kept"


def test_more_threads_than_any_machine_has_are_refused() -> None:
    with pytest.raises(ValueError, match="threads=100000: at most 1024"):  # OpenMP would end the process
        config.parse(["threads=100000"])


# --- a folder that was damaged -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors", "state.json"])
def test_a_checkpoint_cut_in_half_leaves_the_one_before(
    name: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(trained, tmp_path / "run")
    last, log = checkpoint.complete(run)[-1], (run / "log.jsonl").read_bytes()
    os.truncate(last / name, (last / name).stat().st_size // 2)
    assert train.main([str(run), "max_steps=61"]) == 2
    said = capsys.readouterr().err
    assert str(last) in said and "move that folder away, and step_00000040 takes its place" in said
    assert (run / "log.jsonl").read_bytes() == log
    last.rename(tmp_path / "away")
    assert train.main([str(run), "max_steps=41"]) == 0
    assert "resumed from step 40" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"version": 1', '"version": 2', "of version 2, and this Gradatim reads version 1"),
        ('"seed"', '"sead"', "there is no option 'sead': did you mean seed"),
        ('"training"', '"trainings"', "not a readable configuration"),
    ],
)
def test_a_config_of_another_kind_is_not_guessed_at(
    old: str, new: str, says: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(trained, tmp_path / "run")
    text = (run / "config.json").read_text().replace(old, new)
    (run / "config.json").write_text(text)
    assert train.main([str(run), "max_steps=61"]) == 2
    assert says in capsys.readouterr().err and (run / "config.json").read_text() == text


# --- memory ----------------------------------------------------------------------------------------


def narrow(most: int) -> Any:
    """Stand in for a device that holds so many windows at once."""

    def timed(place: torch.device, dtype: torch.dtype, model: config.Model, rows: int) -> float:
        if rows > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 6.00 GiB.")
        return rows * 1e-6

    return timed


def test_what_does_not_fit_is_forecast_by_what_does(monkeypatch: pytest.MonkeyPatch) -> None:
    shape, cuda = config.Model(), torch.device("cuda")
    monkeypatch.setattr(device, "timed", narrow(16))
    assert device.seconds_per_token(cuda, torch.bfloat16, shape, 64) == pytest.approx(16e-6)
    monkeypatch.setattr(device, "timed", narrow(0))
    with pytest.raises(torch.OutOfMemoryError):
        device.seconds_per_token(cuda, torch.bfloat16, shape, 64)


def test_a_model_without_room_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(device, "timed", narrow(0))
    assert train.main([str(tmp_path / "run"), *SMALL, "--dry-run"]) == 1
    said = capsys.readouterr().err
    assert "out of memory" in said and "try a smaller micro_batch, or a smaller preset" in said


@pytest.mark.parametrize(("size", "micro"), [(12e9, 16), (24e9, 32), (80e9, 64), (1e9, 1)])
def test_as_many_windows_at_once_as_a_gpu_has_room_for(
    size: float, micro: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = torch.device("cuda")
    monkeypatch.setattr(plan, "ready", lambda _: cuda)
    monkeypatch.setattr(device, "choose_dtype", lambda *_: ("bfloat16", "this GPU computes in it"))
    monkeypatch.setattr(device, "choose_compile", lambda *_: ("true", "a GPU"))
    monkeypatch.setattr(device, "memory", lambda _: int(size))
    options, shape, notes = plan.on_this_machine(config.parse(["preset=124M", "tokenizer=gpt2"]))
    assert options.micro_batch == micro and options.tokens_per_step == 524288
    assert micro == 1 or forecast.fits(shape, micro, "bfloat16", int(size))
    assert any("would not fit" in note for note in notes) is (micro != 64)
    asked, _, _ = plan.on_this_machine(config.parse(["preset=124M", "tokenizer=gpt2", "micro_batch=64"]))
    assert asked.micro_batch == 64
