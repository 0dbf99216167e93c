"""Two ranks over gloo train as one: the same tokens, the same losses, one folder, and an end of one ends cleanly."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch.distributed as dist
from conftest import SMALL, environment, module

from gpt2 import checkpoint, distributed
from gpt2.log import read

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gloo's ranks were not tried on Windows")
WORDS = [*SMALL, "max_steps=10", "optimizer=adamw", "save_every=5", "eval_every=5", "sample_every=5"]


def torchrun(run: Path, *words: str, ranks: int = 2) -> subprocess.Popen[str]:
    """Start a run on two ranks, as `gradatim train --ranks 2` does."""
    command = [sys.executable, "-P", "-m", "gpt2.local_ranks", str(run), str(ranks), *words]
    return subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)


def logged(run: Path, event: str) -> list[dict[str, Any]]:
    """The records of one kind."""
    return [record for record in read(run / "log.jsonl")[0] if record["event"] == event]


def losses(run: Path) -> list[float]:
    """The losses of a run's steps."""
    return [record["loss"] for record in logged(run, "step")]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, text_file: Path) -> Path:
    """The run of one process that the others are held against."""
    run = tmp_path_factory.mktemp("ranks") / "alone"
    done = module("gpt2.train", run, *WORDS, f"data={text_file}")
    assert done.returncode == 0, done.stderr
    return run


@pytest.mark.parametrize("shard", ["ddp", "fsdp"])
def test_two_ranks_give_the_losses_of_one_process(shard: str, alone: Path, tmp_path: Path, text_file: Path) -> None:
    run = tmp_path / shard
    process = torchrun(run, *WORDS, f"data={text_file}", f"shard={shard}")
    said = process.communicate(timeout=240)[1]
    assert process.returncode == 0, said
    assert losses(run) == pytest.approx(losses(alone), abs=2e-6)
    assert [r["loss"] for r in logged(run, "val")] == pytest.approx([r["loss"] for r in logged(alone, "val")], abs=2e-6)
    assert [r["text"] for r in logged(run, "sample")] == [r["text"] for r in logged(alone, "sample")]
    assert said.count("finished at step 10") == 1  # one rank speaks for both
    assert [path.name for path in checkpoint.complete(run)] == ["step_00000005", "step_00000010"]


@pytest.mark.long
def test_a_run_goes_on_with_another_number_of_ranks(alone: Path, tmp_path: Path, text_file: Path) -> None:
    run = tmp_path / "run"
    first = torchrun(run, *WORDS, f"data={text_file}", "shard=fsdp", "max_steps=10")
    assert first.communicate(timeout=240) and first.returncode == 0
    for late in [path for path in checkpoint.complete(run) if path.name == "step_00000010"]:
        (late / "state.json").unlink()  # as if it had been killed after step 5
    done = module("gpt2.train", run)
    assert done.returncode == 0, done.stderr
    assert losses(run) == pytest.approx(losses(alone), abs=1e-5)


def test_a_rank_that_dies_ends_the_run_with_one_message_and_torchrun_goes_on(
    alone: Path, tmp_path: Path, text_file: Path
) -> None:
    run = tmp_path / "run"
    process = torchrun(run, *WORDS, f"data={text_file}", "max_steps=4000", "save_every=20")
    try:
        end = time.monotonic() + 120
        while not checkpoint.complete(run) and time.monotonic() < end:
            time.sleep(0.05)
        os.kill(second_rank(process.pid), signal.SIGKILL)
        while not logged(run, "note") and time.monotonic() < end:
            time.sleep(0.05)
        (note,) = [r["message"] for r in logged(run, "note") if "resumed" in r["message"]]
        assert re.fullmatch(r"resumed from step \d+0", note)
    finally:
        process.terminate()  # torchrun passes it on: both ranks save and stop after the same step
        said = process.communicate(timeout=90)[1]
    assert process.returncode == 0, said  # as one process that was told to stop
    assert said.count("another rank has ended") <= 1, said
    steps = [record["step"] for record in logged(run, "step")]
    assert steps == list(range(1, len(steps) + 1))  # none twice, none missing
    assert logged(run, "stop")[-1]["reason"] == "interrupted"
    assert checkpoint.complete(run)[-1].name == f"step_{steps[-1]:08d}"
    assert losses(run)[0] == pytest.approx(losses(alone)[0], abs=2e-6)


def second_rank(launcher: int) -> int:
    """The process id of rank 1 below torchrun."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            rank = b"\0RANK=1\0" in b"\0" + (entry / "environ").read_bytes()
        except OSError:
            continue
        if parent == launcher and rank:
            return int(entry.name)
    raise AssertionError("rank 1 is not there")


def test_a_step_that_the_ranks_cannot_share_is_refused_once(tmp_path: Path, text_file: Path) -> None:
    process = torchrun(tmp_path / "run", *WORDS, f"data={text_file}", "tokens_per_step=224")
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 2 and said.count("7 windows, which 2 ranks cannot share evenly") == 1, said


def test_ranks_whose_loss_is_no_number_are_not_started_again(tmp_path: Path, text_file: Path) -> None:
    process = torchrun(tmp_path / "run", *WORDS, f"data={text_file}", "lr=1e38", "clip=0", "warmup_steps=0")
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 1 and said.count("is not a number: try a smaller lr") == 1, said
    assert len(logged(tmp_path / "run", "start")) == 1 and "Traceback" not in said


def test_ranks_wait_longer_for_the_first_one_than_it_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(dist, "init_process_group", lambda *kinds, timeout: given.extend([*kinds, timeout]))
    monkeypatch.setattr(dist, "get_rank", lambda: 1)
    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(dist, "destroy_process_group", lambda: None)
    with distributed.joined() as world:
        assert world.rank == 1 and world.size == 2
    assert given[0] in ("gloo", "cpu:gloo,cuda:nccl") and given[1].total_seconds() > 3600
