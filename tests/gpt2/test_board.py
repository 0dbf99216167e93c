"""A log becomes what TensorBoard shows: every number of it, at its step and its time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import environment, module

from gpt2 import board, log

PROGRAM = """
import sys
sys.modules["tensorboard"] = None  # as if it were not installed
sys.argv = ["gpt2.board", "run", "out"]
from gpt2 import board
sys.exit(board.main(sys.argv[1:]))
"""


def a_run(folder: Path) -> Path:
    """A run's folder with a log of three steps, and with nothing else in it."""
    folder.mkdir()
    with log.Log(folder / "log.jsonl") as kept:
        kept.append({"event": "start", "config": {"lr": 3e-3, "optimizer": "muon"}})
        for step in (1, 2, 3):
            kept.append({"event": "step", "step": step, "time": 1000.0 + step, "loss": 5.0 / step, "lr": 1e-3,
                         "norm": float("nan") if step == 3 else 1.0, "mfu": 0.4, "memory": None})  # fmt: skip
        kept.append({"event": "val", "step": 3, "loss": 2.5})
        kept.append({"event": "sample", "step": 3, "text": "Returns “it”"})
    return folder


def test_every_number_of_the_log_is_on_the_board(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the tensorboard extra")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = a_run(tmp_path / "first")
    for _ in range(2):  # the second time replaces what the first one wrote
        assert module("gpt2.board", run, tmp_path / "out").returncode == 0
    found = EventAccumulator(str(tmp_path / "out" / "first"))
    found.Reload()
    tags = found.Tags()
    assert sorted(tags["scalars"]) == ["train/loss", "train/lr", "train/mfu", "train/norm", "val/loss"]
    losses = [(event.step, event.wall_time, event.value) for event in found.Scalars("train/loss")]
    assert losses == [(step, 1000.0 + step, pytest.approx(5.0 / step)) for step in (1, 2, 3)]
    assert found.Scalars("train/norm")[-1].value != found.Scalars("train/norm")[-1].value  # a NaN stays one
    assert sorted(tags["tensors"]) == ["sample", "settings"]
    text = found.Tensors("sample")[0].tensor_proto.string_val[0].decode()
    assert text == "Returns “it”" and b"optimizer" in found.Tensors("settings")[0].tensor_proto.string_val[0]


def test_a_board_loads_no_torch(tmp_path: Path) -> None:
    program = "import sys; from gpt2 import board; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], env=environment()).returncode == 0


def test_without_the_package_it_says_what_to_install(tmp_path: Path) -> None:
    a_run(tmp_path / "run")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 2 and "pip install 'gradatim[tensorboard]'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the tensorboard extra")
    a_run(tmp_path / "run")
    (tmp_path / "out").write_text("a file")
    done = module("gpt2.board", tmp_path / "run", tmp_path / "out")
    assert done.returncode == 2 and "out cannot be written" in done.stderr
    assert list(board.items([])) == []
