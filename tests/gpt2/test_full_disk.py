"""A disk that fills up while a model is trained costs what came after the last checkpoint, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from conftest import SMALL, module
from test_train import records, start, wait_for

from gpt2 import checkpoint
from gpt2.log import Log, read
from tests.conftest import Disk


def test_a_run_on_a_disk_that_fills_up_ends_with_a_sentence_and_goes_on(disk: Disk, text_file: Path) -> None:
    run = disk.root / "run"
    words = [*SMALL, f"data={text_file}", "max_steps=150", "save_every=20", "eval_every=100000", "sample_every=-1"]
    process = start(run, *words)
    wait_for(run, 25, process)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        disk.fill()
        time.sleep(0.01)
    assert process.stderr is not None
    said = process.stderr.read()
    assert process.wait() == 1 and "Traceback" not in said
    assert "the disk is full; once there is room, the same command goes on from the last checkpoint" in said
    assert (run / "log.jsonl").read_bytes().endswith(b"\n"), "no half record"
    last = checkpoint.complete(run)[-1]
    disk.free()
    done = module("gpt2.train", run)
    assert done.returncode == 0, done.stderr
    steps = [record["step"] for record in records(run, "step")]
    assert steps == sorted(set(steps)) and steps[-1] == 150 and last.name != checkpoint.complete(run)[-1].name


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(disk: Disk, text_file: Path) -> None:
    run = disk.root / "run"
    words = [*SMALL, f"data={text_file}", "save_every=20", "eval_every=100000", "sample_every=-1"]
    assert module("gpt2.train", run, *words, "max_steps=20").returncode == 0
    (before,) = checkpoint.complete(run)
    disk.fill()
    with disk.filler.open("r+b") as file:
        os.truncate(file.fileno(), disk.filler.stat().st_size - 200_000)  # for the log, but for no checkpoint
    done = module("gpt2.train", run, "max_steps=30", "save_every=5")
    assert "could not be written" in done.stderr and "earlier checkpoints are untouched" in done.stderr
    assert "Traceback" not in done.stderr and checkpoint.complete(run) == [before]
    assert records(run, "step")[-1]["step"] == 30, "the run itself went on"
    assert done.returncode == 1 and records(run, "stop")[-1]["reason"] == "error", "its last steps are lost"
    assert "the same command goes on from the last checkpoint" in done.stderr
    assert [one.name for one in (run / "checkpoints").iterdir()] == [before.name], "nothing half made is left"


def test_half_a_record_is_taken_back(disk: Disk) -> None:
    with Log(disk.root / "log.jsonl") as log:
        log.append({"event": "note", "message": "one"})
        disk.fill()
        with pytest.raises(OSError, match="No space"):
            log.append({"event": "note", "message": "x" * 9000})
        disk.free()
        log.append({"event": "note", "message": "two"})
    assert [record["message"] for record in read(disk.root / "log.jsonl")[0]] == ["one", "two"]
