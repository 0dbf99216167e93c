"""A learner's attention is used when it is right and refused, with the reason, when it is not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from conftest import SMALL

from gpt2 import checkpoint, parts, train
from gpt2.config import Model
from gpt2.log import read
from gpt2.model import GPT

SHAPE = Model(n_layer=2, n_head=2, n_embd=32, block_size=32, vocab_size=300)
RIGHT = """
import math
import torch
from torch import nn

class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx=0):
        super().__init__()
        self.n_head = config.n_head
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        mask = torch.tril(torch.ones(config.block_size, config.block_size, dtype=torch.bool))
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.c_attn(x).split(C, dim=2)
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in (q, k, v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(k.shape[-1])
        scores = scores.masked_fill(~self.mask[:T, :T], float("-inf"))
        y = scores.softmax(-1) @ v
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))
"""
WRONG = {
    "unscaled": (" / math.sqrt(k.shape[-1])", "", "output differs"),
    "looks ahead": ("scores.masked_fill(~self.mask[:T, :T], float(\"-inf\"))", "scores", "moves earlier outputs"),
    "k and q swapped": ("q, k, v = self.c_attn", "k, q, v = self.c_attn", "output differs"),
    "heads not merged": ("y.transpose(1, 2).reshape", "y.reshape", "moves earlier outputs"),
    "mask is saved": (", persistent=False", "", "state_dict has"),
    "one length only": ("~self.mask[:T, :T]", "~self.mask", "raises RuntimeError"),
    "no gradient for v": ("@ v\n", "@ v.detach()\n", "gradient"),
    "another name": ("class CausalSelfAttention", "class Attention", "defines no module"),
    "no Python": ("import math", "import math (", "SyntaxError"),
    "leaves": ("import math", "import math; raise SystemExit", "SystemExit"),
    "very slow": ("B, T, C = x.shape\n", "B, T, C = x.shape; __import__('time').sleep(0.1)\n", "times as long"),
    "returns nothing": ("return self.c_proj", "self.c_proj", "returns"),
}  # fmt: skip


def choose(run: Path, source: str, digest: str | None = None) -> None:
    """Write a learner's file and the parts.toml that names it."""
    run.mkdir(exist_ok=True)
    (run / "mine.py").write_text(source)
    digest = hashlib.sha256((run / "mine.py").read_bytes()).hexdigest() if digest is None else digest
    (run / "parts.toml").write_text(f'[parts.attention]\nfile = "mine.py"\nhash = "{digest}"\n')


def test_a_right_attention_is_used(tmp_path: Path) -> None:
    choose(tmp_path, RIGHT)
    loaded = parts.load(tmp_path, SHAPE)
    assert loaded.reasons == {}
    assert loaded.owners == {"attention": "yours", "mlp": "ours"}
    model = GPT(SHAPE, loaded.classes)
    assert type(model.transformer.h[0].attn).__module__ == "part_attention"
    assert set(model.state_dict()) == set(GPT(SHAPE).state_dict())


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_attention_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    old, new, says = WRONG[name]
    assert old in RIGHT
    choose(tmp_path, RIGHT.replace(old, new))
    loaded = parts.load(tmp_path, SHAPE)
    assert loaded.owners["attention"] == "ours" and not loaded.classes
    assert says in loaded.reasons["attention"]
    assert "\n" not in loaded.reasons["attention"]


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    choose(tmp_path, RIGHT, digest="0" * 64)
    assert "has changed" in parts.load(tmp_path, SHAPE).reasons["attention"]
    (tmp_path / "mine.py").unlink()
    assert "cannot be read" in parts.load(tmp_path, SHAPE).reasons["attention"]


def test_an_unknown_slot_is_named(tmp_path: Path) -> None:
    (tmp_path / "parts.toml").write_text('[parts.atention]\nfile = "x"\n')
    with pytest.raises(ValueError, match="attention"):
        parts.load(tmp_path, SHAPE)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_run_trains_the_learners_attention_as_it_would_ours(dtype: str, tmp_path: Path, text_file: Path) -> None:
    words = [word for word in SMALL if not word.startswith("dtype")]
    words += [f"data={text_file}", "max_steps=6", "sample_every=6", "eval_every=6", f"dtype={dtype}"]
    losses = {}
    for owner in ("yours", "ours"):
        run = tmp_path / owner
        if owner == "yours":
            choose(run, RIGHT)
        assert train.main([str(run), *words]) == 0
        records = read(run / "log.jsonl")[0]
        assert records[0]["parts"]["attention"] == owner
        losses[owner] = [record["loss"] for record in records if record["event"] == "step"]
        model, _, _ = checkpoint.open_run(run)
        assert torch.isfinite(model(torch.zeros(1, 3, dtype=torch.long))).all()
        assert json.loads((run / "config.json").read_text())["model"]["n_embd"] == 32
    assert losses["yours"] == pytest.approx(losses["ours"], abs=1e-4 if dtype == "float32" else 0.02)


def test_a_refused_part_is_said_in_the_log(tmp_path: Path, text_file: Path) -> None:
    run = tmp_path / "run"
    choose(run, RIGHT.replace(" / math.sqrt(k.shape[-1])", ""))
    words = [*SMALL, f"data={text_file}", "max_steps=1", "sample_every=-1"]
    assert train.main([str(run), *words]) == 0
    records = read(run / "log.jsonl")[0]
    assert records[0]["parts"]["attention"] == "ours"
    assert any("your attention is not used" in record.get("message", "") for record in records)
