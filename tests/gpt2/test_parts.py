"""A learner's attention is used when it is right and refused, with the reason, when it is not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from conftest import SMALL

from exercises import exercise
from gpt2 import checkpoint, parts, sample, train
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


def choose(run: Path, source: str, digest: str | None = None, slot: str = "attention") -> None:
    """Write a learner's file and the parts.toml that names it."""
    run.mkdir(exist_ok=True)
    (run / f"{slot}.py").write_text(source)
    digest = hashlib.sha256((run / f"{slot}.py").read_bytes()).hexdigest() if digest is None else digest
    with open(run / "parts.toml", "a", encoding="utf-8") as file:
        file.write(f'[parts.{slot}]\nfile = "{slot}.py"\nhash = "{digest}"\n')


def answer(name: str) -> str:
    """The text of an exercise's reference: a right part, written without this package."""
    return exercise(name).text("answer.py")


def test_a_right_attention_is_used(tmp_path: Path) -> None:
    choose(tmp_path, RIGHT)
    loaded = parts.load(tmp_path, SHAPE)
    assert loaded.reasons == {}
    assert loaded.owners.pop("attention") == "yours" and set(loaded.owners.values()) == {"ours"}
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
    (tmp_path / "attention.py").unlink()
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


FILLED = {
    "attention": "cached_attention", "mlp": "gpt_mlp", "block": "gpt_block", "init": "gpt_init",
    "groups": "param_groups", "clip": "clip_global", "schedule": "cosine_warmup", "filters": "logit_filters",
}  # fmt: skip
SPOILED = {
    "block": ("x + self.mlp(self.ln_2(x))", "self.mlp(self.ln_2(x))", "output differs"),
    "init": ("std = 0.02 / additions**0.5", "std = 0.02 / additions", "c_proj.weight has a spread"),
    "groups": ("p.dim() < 2], \"weight_decay\": 0.0", "p.dim() < 2], \"weight_decay\": weight_decay", "decays by 0.1"),
    "clip": ("g.mul_(max_norm / norm)", "g.mul_(max_norm / norm / norm)", "gradients are not those wanted"),
    "schedule": ("(step + 1) / warmup", "step / warmup", "at step 0"),
    "filters": ("min(k, logits.shape[1])", "min(k + 1, logits.shape[1])", "top_k"),
}  # fmt: skip


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_every_slot_can_be_the_learners_and_the_run_is_the_same(
    optimizer: str, tmp_path: Path, text_file: Path
) -> None:
    assert set(FILLED) == set(parts.TRAINED)
    words = [*SMALL, f"data={text_file}", "max_steps=6", "sample_every=6", "eval_every=6", f"optimizer={optimizer}"]
    losses = {}
    for owner in ("yours", "ours"):
        run = tmp_path / owner
        for slot, name in FILLED.items() if owner == "yours" else ():
            if slot != "init":  # draws other numbers by the same law
                choose(run, answer(name), slot=slot)
        assert train.main([str(run), *words]) == 0
        records = read(run / "log.jsonl")[0]
        losses[owner] = [record["loss"] for record in records if record["event"] == "step"]
        held = [slot for slot, whose in records[0]["parts"].items() if whose == "yours"]
        left = {"init"} | ({"groups"} if optimizer == "muon" else set())
        assert set(held) == (set(FILLED) - left if owner == "yours" else set())
    assert losses["yours"] == pytest.approx(losses["ours"], abs=1e-4)
    given = [str(tmp_path / "yours"), "the", "tokens=12", "top_k=3", "top_p=0.9", "repetition_penalty=1.2"]
    assert sample.main(given) == 0


def test_the_learners_first_weights_are_used(tmp_path: Path, text_file: Path) -> None:
    choose(tmp_path, answer("gpt_init"), slot="init")
    loaded = parts.load(tmp_path, SHAPE)
    assert loaded.reasons == {} and loaded.owners["init"] == "yours"
    model = GPT(SHAPE)
    torch.manual_seed(3)
    parts.initialize(model, loaded)
    assert float(model.transformer.h[0].mlp.c_proj.weight.detach().std()) == pytest.approx(0.01, rel=0.1)
    assert not model.transformer.wte.weight[SHAPE.vocab_size :].any()


@pytest.mark.parametrize("slot", SPOILED)
def test_a_wrong_piece_of_any_kind_is_refused_with_the_reason(slot: str, tmp_path: Path) -> None:
    old, new, says = SPOILED[slot]
    source = answer(FILLED[slot])
    assert old in source
    choose(tmp_path, source.replace(old, new), slot=slot)
    loaded = parts.load(tmp_path, SHAPE)
    assert loaded.owners[slot] == "ours" and says in loaded.reasons[slot], loaded.reasons
