"""What is printed for several machines can be read by a shell, by Slurm's bash, and as YAML."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
import torch

from gpt2 import config, launch, local_ranks
from gpt2.launch import Job
from gpt2.log import Log

yaml = pytest.importorskip("yaml")


def test_one_machine_needs_no_meeting_place() -> None:
    words = shlex.split(launch.line(Job(Path("runs/a b"), ("max_steps=5",), ranks=2)))
    assert "--standalone" in words and "--nproc-per-node=2" in words
    assert words[-4:] == ["-m", "gpt2.train", "runs/a b", "max_steps=5"]
    assert words[0].startswith("OMP_NUM_THREADS=")


def test_each_of_several_machines_is_told_where_to_meet() -> None:
    text = launch.explain(Job(Path("run"), ranks=8, nodes=2))
    assert "16 ranks" in text and "--nnodes=2" in text and "--rdzv-endpoint=$HEAD" in text
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_a_slurm_script_is_a_script_and_saves_before_its_time_is_up() -> None:
    text = launch.slurm(Job(Path("runs/big"), ("preset=124M",), ranks=8, nodes=2))
    assert subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True).returncode == 0
    asked = {line.split("=")[0]: line.partition("=")[2] for line in text.splitlines() if line.startswith("#SBATCH")}
    assert asked["#SBATCH --nodes"] == "2" and asked["#SBATCH --gpus-per-node"] == "8"
    assert asked["#SBATCH --signal"].startswith("TERM@")  # the trainer saves on TERM
    (run,) = [line for line in text.splitlines() if line.startswith("srun")]
    inner = shlex.split(run)[-1]
    assert "--rdzv-id=$SLURM_JOB_ID" in inner and "preset=124M" in inner
    # Since 22.05 srun does not inherit it, and all ranks of a machine would share one core.
    assert asked["#SBATCH --cpus-per-task"] == "64" and "--cpus-per-task=64" in shlex.split(run)


def test_words_and_folders_with_spaces_come_through_two_shells(tmp_path: Path) -> None:
    text = launch.slurm(Job(tmp_path / "my big run", ("prompt=It's a long way",), ranks=2))
    assert "#SBATCH --job-name=gradatim-my-big-run\n" in text
    (run,) = [line for line in text.splitlines() if line.startswith("srun")]
    inner = shlex.split(run)[-1]
    assert shlex.split(inner)[-2:] == [str(tmp_path / "my big run"), "prompt=It's a long way"]
    read = yaml.safe_load(launch.sky(Job(tmp_path / "my big run", ("prompt=It's a long way",), ranks=2)))
    assert shlex.split(read["run"])[-2:] == ["/runs/my-big-run", "prompt=It's a long way"]


def test_a_sky_file_is_yaml_with_the_machines_asked_for() -> None:
    read = yaml.safe_load(launch.sky(Job(Path("runs/big"), ("preset=124M",), ranks=8, nodes=2)))
    assert read["num_nodes"] == 2 and read["resources"]["accelerators"] == "H100:8"
    assert "/runs" in read["file_mounts"] and "gpt2.train /runs/big preset=124M" in read["run"]
    assert subprocess.run(["bash", "-n"], input=read["run"], text=True, capture_output=True).returncode == 0


def test_a_sky_file_takes_along_what_a_machine_elsewhere_lacks(tmp_path: Path) -> None:
    options = config.settle(config.parse(["preset=124M", "max_steps=100", "lr=1e-3", "tokenizer=gpt2"]), "cuda")
    config.save(tmp_path / "config.json", options, config.model_of(options, 50257))
    (tmp_path / "my text.txt").write_text("some")
    words = (f"data={tmp_path / 'my text.txt'}",)
    read = yaml.safe_load(launch.sky(Job(tmp_path, words, ranks=2)))
    begun = [word for word in shlex.split(read["run"]) if "=" in word and not word.startswith("--")]
    assert config.parse([w for w in begun if w[0].islower()]) == config.parse(["data=/data/my text.txt"], options)
    assert read["file_mounts"]["/data/my text.txt"] == str(tmp_path / "my text.txt")
    assert read["file_mounts"]["/runs"]["mode"] == "MOUNT_CACHED"  # the only one in which a log can grow
    assert (Path(read["workdir"]) / "pyproject.toml").is_file() and "pip install -c constraints.txt ." in read["setup"]
    fetched = yaml.safe_load(launch.sky(Job(tmp_path / "new", ("data=fineweb-edu",), ranks=2)))
    assert "gradatim data get fineweb-edu" in fetched["setup"]


def test_a_run_that_has_begun_is_described_by_its_own_config(tmp_path: Path) -> None:
    options = config.settle(config.parse(["preset=124M", "max_steps=100"]), "cuda")
    config.save(tmp_path / "config.json", options, config.model_of(options, 50257))
    said = launch.about(Job(tmp_path))
    assert "124M" in said and "124,439,808 parameters" in said and "524,288 tokens" in said


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (
            Job(Path("r"), ("tokens_per_step=3072", "block_size=1024", "preset=124M"), ranks=2),
            "3 windows, which 2 ranks cannot",
        ),
        (Job(Path("r"), ("max_stepz=3",)), "max_steps"),
        (Job(Path("r"), ranks=0), "at least one"),
    ],
)
def test_what_cannot_be_is_refused_before_it_starts(job: Job, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        launch.check(job, "cuda")


def test_sizes_are_judged_by_the_device_that_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three windows of 256 tokens are what nano takes, on a CPU; the 124M that a GPU would take has windows of 1024."""
    job = Job(tmp_path / "run", ("tokens_per_step=768",), ranks=3)
    started: list[list[str]] = []
    with pytest.raises(ValueError, match="multiple of block_size=1024"):
        launch.check(job, "cuda")
    assert launch.check(job) is launch.check(job, "cpu") is job  # the desk does not know, and leaves it to the ranks
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr("torch.distributed.run.main", started.append)
    monkeypatch.setattr(local_ranks.os, "environ", dict(local_ranks.os.environ))
    assert local_ranks.main([str(job.run), "3", *job.words]) == 0
    assert started == [launch.arguments(job)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["3", "tokens_per_step=1024"], "4 windows, which 3 ranks cannot share evenly"),
        (["2", "data=nowhere"], "no such file"),
        (["2", "device=cuda"], "this machine has none"),
        (["2", "shard=fsdp"], "optimizer=muon needs whole matrices"),
    ],
)
def test_what_no_rank_could_do_is_said_once_and_before_any_is_started(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr("torch.distributed.run.main", lambda _: pytest.fail("ranks were started"))
    assert local_ranks.main([str(tmp_path / "run"), *words]) == 2
    assert says in capsys.readouterr().err


def test_more_ranks_than_gpus_are_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match="2 ranks want a GPU each, and this machine has 1"):
        local_ranks.start(Job(tmp_path / "run", ("device=cuda",), ranks=2))


def test_a_damaged_config_is_no_new_run(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="not a readable configuration"):
        launch.check(Job(tmp_path, ranks=2), "cuda")


def test_only_what_was_computed_is_not_tried_again(tmp_path: Path) -> None:
    for norm, hopeless in ((float("nan"), True), (0.5, False)):
        with Log(tmp_path / "log.jsonl") as log:
            log.append({"event": "step", "step": 3, "loss": 2.0, "norm": norm})
            log.append({"event": "stop", "reason": "error", "message": "why"})
        assert launch.hopeless(tmp_path) is hopeless
    assert not launch.hopeless(tmp_path / "nothing")
