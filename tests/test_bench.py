"""The measurements run, line by line, at a size at which they say nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PEER = """
import torch
from dataclasses import dataclass
from torch import nn
from torch.nn import functional as F

@dataclass
class GPTConfig:
    block_size: int = 16
    vocab_size: int = 300
    n_layer: int = 1
    n_head: int = 1
    n_embd: int = 8

class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.head = nn.Linear(config.n_embd, config.vocab_size)

    def forward(self, x, y):
        logits = self.head(self.wte(x))
        return logits, F.cross_entropy(logits.flatten(0, 1), y.flatten())

    def configure_optimizers(self, weight_decay, learning_rate, device_type):
        return torch.optim.AdamW(self.parameters(), lr=learning_rate, weight_decay=weight_decay)

raise SystemExit("this is the part that trains, and nobody asked for it")
"""


@pytest.mark.parametrize(
    ("script", "words"),
    [("train_cpu.py", ["--tiny", "--json"]), ("train_gpu.py", ["--device", "cpu", "--tiny", "--out", "found.json"])],
)
def test_a_measurement_runs_with_a_peers_checkout(script: str, words: list[str], tmp_path: Path) -> None:
    (tmp_path / "train_gpt2.py").write_text(PEER)
    command = [sys.executable, str(ROOT / "bench" / script), *words, "--build-nanogpt", str(tmp_path)]
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout if "--json" in words else (tmp_path / "found.json").read_text())
    names = [row["name"] for row in found["rows"]]
    assert any("build-nanogpt" in name for name in names) and names[0].startswith("ours")
    assert all(row["tokens_per_second"] > 0 for row in found["rows"])
    if script == "train_gpu.py":
        assert names[:2] == ["ours, bfloat16, compiled blocks and loss", "ours, bfloat16, compiled blocks"]
        assert len({round(row["loss"], 2) for row in found["rows"][:3]}) == 1


@pytest.mark.parametrize(
    ("script", "words", "names"),
    [
        ("sample_cpu.py", ["--tiny", "--json"], ["ours, float32", "ours, int8", "transformers, float32"]),
        (
            "sample_gpu.py",
            ["--device", "cpu", "--tiny", "--out", "found.json"],
            ["ours, bfloat16, graph", "ours, bfloat16, eager", "transformers, bfloat16, static cache"],
        ),
    ],
)
def test_writing_is_measured_beside_transformers(
    script: str, words: list[str], names: list[str], tmp_path: Path
) -> None:
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, str(ROOT / "bench" / script), *words]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout if "--json" in words else (tmp_path / "found.json").read_text())
    by_name = {row["name"]: row for row in found["rows"]}
    assert set(names) <= set(by_name) and found["rows"][0]["name"].startswith("ours")
    for row in found["rows"]:
        assert row["tokens_per_second"] > 0 and len(row["wall"]) == 2
    shares = [value for row in found["rows"] for name, value in row.items() if name.startswith("share_of")]
    assert len(shares) == len(found["rows"]) and all(value > 0 for value in shares)


def test_two_optimizers_are_compared_by_tokens(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(
        "".join(f"{n} and {n + 1} are {2 * n + 1}, and so on to the next of them.\n\n" for n in range(2000))
    )
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [
        sys.executable,
        str(ROOT / "bench" / "muon.py"),
        "--tiny",
        "--data",
        str(text),
        "--out",
        "runs",
        "--json",
    ]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (seed,) = json.loads(done.stdout)["seeds"]
    assert {name: len(ends) for name, ends in seed["last"].items()} == {"adamw": 2, "muon": 2}
    assert seed["loss"] == min(seed["last"]["adamw"].values()) and seed["tokens"]["adamw"] <= 12 * 128
    starts = [json.loads(run.read_text().splitlines()[0]) for run in tmp_path.glob("runs/*/log.jsonl")]
    differ = {key for key in starts[0]["config"] if len({start["config"][key] for start in starts}) > 1}
    assert len(starts) == 4 and differ == {"optimizer", "lr"}, "nothing else may tell the runs apart"


def test_the_tokens_to_a_loss_are_counted_between_two_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    import muon

    adamw, fast, slow = [(10, 6.0), (20, 5.0), (30, 4.0)], [(10, 5.0), (20, 3.0), (30, 3.5)], [(10, 9.0), (30, 5.0)]
    assert muon.tokens_to(fast, 4.0) == 15 and muon.tokens_to(slow, 4.0) is None and muon.tokens_to(fast, 5.5) == 10
    found = muon.compared({"adamw": {1e-3: adamw, 2e-3: slow}, "muon": {1e-3: slow, 2e-3: fast}})
    assert (found["loss"], found["best"], found["first"]) == (4.0, {"adamw": 1e-3, "muon": 2e-3}, 2e-3)
    assert found["tokens"] == {"adamw": 30, "muon": 15} and found["ratio"] == 2
    never = muon.compared({"adamw": {1e-3: adamw}, "muon": {1e-3: slow}})
    assert never["ratio"] is None and never["tokens"]["muon"] is None


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
@pytest.mark.long
def test_the_desk_is_measured_in_a_real_terminal(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, str(ROOT / "bench" / "desk.py"), "--tiny", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    first, keys = found["first_frame"], found["keys"]
    assert first["ratio"] > 0 and first["ratio_cpu"] > 0 and first["bare"]["cpu"] > 0 and first["desk"]["cpu"] > 0
    assert set(keys) == {"all", "move", "open", "close", "type", "scroll", "ask"}
    assert keys["all"]["keys"] == sum(row["keys"] for kind, row in keys.items() if kind != "all") > 40
    assert all(0 < row["p50"] <= row["p99"] <= row["max"] and row["cpu_p50"] > 0 for row in keys.values())
    assert found["beside"]["checks_per_second"] > 0 and found["beside"]["steps_per_second"] > 0
    assert all(0 < memory["pss"] <= memory["rss"] for memory in found["memory"].values())
