"""What is printed for several machines can be read by a shell, by Slurm's bash, and as YAML."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from gpt2 import config, launch
from gpt2.launch import Job

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


def test_a_sky_file_is_yaml_with_the_machines_asked_for() -> None:
    read = yaml.safe_load(launch.sky(Job(Path("runs/big"), ("preset=124M",), ranks=8, nodes=2)))
    assert read["num_nodes"] == 2 and read["resources"]["accelerators"] == "H100:8"
    assert "/runs" in read["file_mounts"] and "gpt2.train /runs/big preset=124M" in read["run"]
    assert subprocess.run(["bash", "-n"], input=read["run"], text=True, capture_output=True).returncode == 0


def test_a_run_that_has_begun_is_described_by_its_own_config(tmp_path: Path) -> None:
    options = config.settle(config.parse(["preset=124M", "max_steps=100"]), "cuda")
    config.save(tmp_path / "config.json", options, config.model_of(options, 50257))
    said = launch.about(Job(tmp_path))
    assert "124M" in said and "124,439,808 parameters" in said and "524,288 tokens" in said


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (Job(Path("r"), ("tokens_per_step=3072", "block_size=1024", "preset=124M"), ranks=2), "3 windows"),
        (Job(Path("r"), ("max_stepz=3",)), "max_steps"),
        (Job(Path("r"), ranks=0), "at least one"),
    ],
)
def test_what_cannot_be_is_refused_before_it_starts(job: Job, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        launch.check(job)
