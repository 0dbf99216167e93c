"""A run does what it says, survives what happens to it, and goes on exactly where it was."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import SMALL, environment, module
from safetensors.torch import load_file
from torch.utils._python_dispatch import TorchDispatchMode

from gpt2 import checkpoint, data, device, health, plan, train
from gpt2.distributed import World
from gpt2.log import Log, read


def records(run: Path, event: str) -> list[dict[str, Any]]:
    """Return the records of one kind in a run's log."""
    return [record for record in read(run / "log.jsonl")[0] if record["event"] == event]


def start(run: Path, *words: str) -> subprocess.Popen[str]:
    """Start training in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "gpt2.train", str(run), *words],
        env=environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(run: Path, step: int, process: subprocess.Popen[str]) -> None:
    """Wait until a run has logged `step`."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if (steps := records(run, "step")) and steps[-1]["step"] >= step:
            return
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.02)
    raise AssertionError(f"step {step} did not come")


def test_a_run_is_a_folder_with_all_that_it_needs(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert {"config.json", "log.jsonl", "checkpoints", "samples", "tokenizer"} <= names
    assert [path.name for path in checkpoint.complete(trained)] == ["step_00000040", "step_00000060"]
    suffixes = {path.suffix for path in trained.rglob("*") if path.is_file()} - {""}
    assert suffixes <= {".json", ".jsonl", ".safetensors", ".tiktoken", ".txt"}


def test_the_log_tells_the_whole_run(trained: Path) -> None:
    (first,) = records(trained, "start")
    steps = records(trained, "step")
    assert [step["step"] for step in steps] == list(range(1, 61))
    assert all({"loss", "lr", "norm", "seconds", "tokens_per_second", "tokens", "wait"} <= set(step) for step in steps)
    assert steps[-1]["tokens"] == 60 * 256
    made = first["forecast"]
    for step in steps:  # as a share of the matmul that the start measured
        share = step["tokens_per_second"] * made["flops_per_token"] / made["matmul_flops"]
        assert step["mfu"] == pytest.approx(share, rel=0.01, abs=1e-4) and step["memory"] > 1e7
    assert abs(steps[0]["loss"] - first["expected_first_loss"]) < 0.1
    assert first["tokenizer"].startswith("BPE trained on this data")
    assert first["bigram_loss"] < first["unigram_loss"] < first["expected_first_loss"]
    assert records(trained, "val")[-1]["loss"] < first["unigram_loss"]
    assert records(trained, "stop") == [records(trained, "stop")[0]]
    assert records(trained, "stop")[0]["reason"] == "finished"
    assert records(trained, "sample")[-1]["text"].startswith("Returns")
    assert [record["step"] for record in records(trained, "checkpoint")] == [20, 40, 60]


def test_a_healthy_run_is_called_healthy(trained: Path) -> None:
    logged = read(trained / "log.jsonl")[0]
    for end in range(len(logged)):
        assert health.remarks(logged[: end + 1]) == []


def same(a: Path, b: Path) -> None:
    """Assert that two checkpoints hold the same bits."""
    assert a.name == b.name
    for name in ("model.safetensors", "optimizer.safetensors"):
        left, right = load_file(a / name), load_file(b / name)
        assert left.keys() == right.keys()
        assert all(torch.equal(left[key], right[key]) for key in left), name
    left, right = (json.loads((folder / "state.json").read_text()) for folder in (a, b))
    assert [left[key] for key in ("step", "tokens", "random")] == [right[key] for key in ("step", "tokens", "random")]


@pytest.mark.long
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path, text_file: Path, optimizer: str) -> None:
    words = [*SMALL, f"data={text_file}", "max_steps=120", "save_every=25", "eval_every=40", "sample_every=50",
             "dropout=0.1", "tokens_per_step=512", f"optimizer={optimizer}"]  # fmt: skip
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    assert module("gpt2.train", straight, *words).returncode == 0
    for step in (10, 40, 80):  # before the first checkpoint, and twice between others
        process = start(broken, *words)
        wait_for(broken, step, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with open(broken / "log.jsonl", "ab") as file:
        file.write(b'{"event": "step", "st')  # torn by the kill
    assert module("gpt2.train", broken).returncode == 0  # the folder alone says how to go on
    same(checkpoint.complete(straight)[-1], checkpoint.complete(broken)[-1])
    for event in ("step", "val", "sample"):
        keys = ("step", "loss", "lr", "norm", "tokens", "text")
        a, b = ([[r.get(k) for k in keys] for r in records(run, event)] for run in (straight, broken))
        assert a == b, event


def test_a_signal_saves_and_stops(tmp_path: Path, text_file: Path) -> None:
    run = tmp_path / "run"
    words = [
        *SMALL,
        f"data={text_file}",
        "max_steps=100000",
        "sample_every=-1",
        "eval_every=100000",
        "save_every=100000",
    ]
    process = start(run, *words)
    wait_for(run, 5, process)
    busy = module("gpt2.train", run, *words)
    assert busy.returncode == 2, busy.stderr
    assert "is being trained already" in busy.stderr and str(process.pid) in busy.stderr, busy.stderr
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    stop = records(run, "stop")[0]
    assert stop["reason"] == "interrupted"
    assert [path.name for path in checkpoint.complete(run)] == [f"step_{stop['step']:08d}"]


def test_a_run_that_goes_on_keeps_what_cannot_change(trained: Path) -> None:
    done = module("gpt2.train", trained, "n_layer=3")
    assert done.returncode == 2 and "begun with n_layer=2" in done.stderr


def test_a_finished_run_says_so(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (trained / "log.jsonl").read_bytes()
    assert train.main([str(trained)]) == 0
    assert "finished at step 60" in capsys.readouterr().err
    assert (trained / "log.jsonl").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_loses_no_earlier_checkpoint(tmp_path: Path, text_file: Path) -> None:
    run = tmp_path / "run"
    words = [*SMALL, f"data={text_file}", "max_steps=10", "save_every=5", "sample_every=-1", "n_embd=64"]
    assert train.main([str(run), *words]) == 0
    kept = {path.name: (path / "model.safetensors").read_bytes() for path in checkpoint.complete(run)}
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000));"
        "from gpt2.train import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(run), "max_steps=15"], env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 1, "its last steps are lost, and nothing may call that finished"
    assert "could not be written" in done.stderr and "goes on from the last checkpoint" in done.stderr
    assert {path.name: (path / "model.safetensors").read_bytes() for path in checkpoint.complete(run)} == kept
    assert not list((run / "checkpoints").glob(".making-*"))
    assert any("earlier checkpoints are untouched" in note["message"] for note in records(run, "note"))


def test_a_dry_run_leaves_nothing_behind(tmp_path: Path) -> None:
    done = module("gpt2.train", tmp_path / "run", "device=cpu", "preset=nano", "--dry-run", "--json")
    said = json.loads(done.stdout)
    assert said["version"] == 1 and said["parameters"] == 5_853_184 and said["seconds"] > 0
    assert said["tokens"] == said["tokens_per_step"] * said["config"]["max_steps"]
    assert not (tmp_path / "run").exists()


def test_a_forecast_for_several_ranks_shares_the_time_and_adds_up_the_money(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(device, "timed", lambda *_: 1e-3)
    found = []
    for ranks in (1, 4):
        words = ["device=cpu", "preset=nano", "dtype=float32", "price=2", "--dry-run", "--json", f"--ranks={ranks}"]
        assert train.main([str(tmp_path / "run"), *words]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[1]["tokens_per_second"] == pytest.approx(4 * found[0]["tokens_per_second"])
    assert found[1]["seconds"] == pytest.approx(found[0]["seconds"] / 4, rel=0.01)
    assert found[1]["cost"] == pytest.approx(found[0]["cost"], rel=0.01) and found[1]["tokens"] == found[0]["tokens"]
    assert "for 4 such devices" in found[1]["notes"][-1]
    assert train.main([str(tmp_path / "run"), "device=cpu", "preset=nano", "--dry-run", "--ranks=3"]) == 2


def test_accumulating_small_batches_is_one_large_batch(tmp_path: Path, text_file: Path) -> None:
    losses = []
    for micro in (8, 2):
        run = tmp_path / str(micro)
        words = [w for w in SMALL if not w.startswith("micro")]
        words += [f"data={text_file}", f"micro_batch={micro}", "max_steps=8", "sample_every=-1", "eval_every=100"]
        assert train.main([str(run), *words]) == 0
        losses.append([step["loss"] for step in records(run, "step")])
    assert losses[0] == pytest.approx(losses[1], abs=2e-4)


def test_a_torn_last_line_is_left_and_then_cut(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with Log(path) as log:
        log.append({"event": "step", "step": 1, "loss": float("nan")})
    whole = path.stat().st_size
    path.write_bytes(path.read_bytes() + b'{"event": "st')
    found, offset = read(path)
    assert [record["step"] for record in found] == [1] and found[0]["loss"] != found[0]["loss"]
    assert offset == whole
    with Log(path) as log:
        log.append({"event": "step", "step": 2})
    assert [record["step"] for record in read(path)[0]] == [1, 2]
    more, end = read(path, offset)
    assert [record["step"] for record in more] == [2] and end == path.stat().st_size
    os.truncate(path, whole)
    assert [record["step"] for record in read(path, end)[0]] == [1]  # a log that was cut is read anew
    assert "NaN" not in path.read_text().replace('"NaN"', "")  # every line is JSON to any reader


class Stale(World):
    """A rank whose machine does not list the newest checkpoint yet."""

    def decide(self, work: Callable[[], Any]) -> Any:
        """What the first rank says."""
        return "step_00000060"


def test_all_ranks_go_on_from_the_checkpoint_that_the_first_one_sees(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path, World()) is None
    assert checkpoint.newest(tmp_path, Stale(1, 0, 2)) == tmp_path / "checkpoints" / "step_00000060"


def trainer(run: Path, text: Path, *words: str) -> train.Trainer:
    """A run in this process that has taken no step."""
    options, _, _ = plan.settled(run, [*SMALL, f"data={text}", *words])
    run.mkdir()
    return train.Trainer(run, options, data.prepare(options.data, "trained", 300), Log(run / "log.jsonl"))


def test_a_checkpoint_that_failed_is_not_tried_again_by_one_rank_alone(
    tmp_path: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def full(*_: object, **__: object) -> None:
        tried.append(True)
        raise OSError("no room")

    one = trainer(tmp_path / "run", text_file)
    monkeypatch.setattr(checkpoint, "save", full)
    one.save()
    one.save()  # the other ranks, who did not fail, would not come: a split model would wait for them for good
    assert len(tried) == 1


class Strict(TorchDispatchMode):
    """Refuses what a GPU refuses where all must be deterministic."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call `func`, but no cumsum."""
        if func is torch.ops.aten.cumsum.default and torch.are_deterministic_algorithms_enabled():
            raise RuntimeError("cumsum_cuda_kernel does not have a deterministic implementation")
        return func(*args, **(kwargs or {}))


def test_a_deterministic_run_writes_its_samples(tmp_path: Path, text_file: Path) -> None:
    one = trainer(tmp_path / "run", text_file, "deterministic=true")
    try:
        with Strict():
            one.write()
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)
    assert records(tmp_path / "run", "sample")


def test_a_run_stopped_before_its_first_step_begins_anew(tmp_path: Path, text_file: Path) -> None:
    one = trainer(tmp_path / "run", text_file)
    one.stopping = True
    assert one.loop() == "interrupted" and checkpoint.complete(tmp_path / "run") == []


def test_another_number_of_threads_is_said(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = shutil.copytree(trained, tmp_path / "run")
    try:
        assert train.main([str(run), "max_steps=62", "threads=2"]) == 0
    finally:
        torch.set_num_threads(1)
    assert "computed on 1 CPU threads before and on 2 now" in capsys.readouterr().err
    steps = [record["step"] for record in records(run, "step")]
    assert steps == list(range(1, 63))
