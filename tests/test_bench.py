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
