"""A learner's attention is used when it is right and refused, with the reason, when it is not."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from conftest import SMALL

from exercises import exercise
from gpt2 import checkpoint, equal, parts, sample, train
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
    "loader": "dataloader_lite", "tokenizer": "special_tokens", "sampler": "generate_loop", "gpt": "gpt_model",
}  # fmt: skip
OTHER = {"init", "loader", "tokenizer"}  # other numbers by the same law, another order, other merges of those alike
SPOILED = {
    "block": ("x + self.mlp(self.ln_2(x))", "self.mlp(self.ln_2(x))", "output differs"),
    "init": ("std = 0.02 / additions**0.5", "std = 0.02 / additions", "c_proj.weight has a spread"),
    "groups": ("p.dim() < 2], \"weight_decay\": 0.0", "p.dim() < 2], \"weight_decay\": weight_decay", "decays by 0.1"),
    "clip": ("g.mul_(max_norm / norm)", "g.mul_(max_norm / norm / norm)", "gradients are not those wanted"),
    "schedule": ("(step + 1) / warmup", "step / warmup", "at step 0"),
    "filters": ("min(k, logits.shape[1])", "min(k + 1, logits.shape[1])", "top_k"),
    "loader": ("row[1:].view", "row[:-1].view", "its targets are not those wanted"),
    "sampler": ("logits[:, -1]", "logits[:, 0]", "not the likeliest"),
    "gpt": ("return logits, F.cross_entropy", "return logits, 1.01 * F.cross_entropy", "its loss is"),
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
            if slot not in OTHER:
                choose(run, answer(name), slot=slot)
        assert train.main([str(run), *words]) == 0
        records = read(run / "log.jsonl")[0]
        losses[owner] = [record["loss"] for record in records if record["event"] == "step"]
        held = [slot for slot, whose in records[0]["parts"].items() if whose == "yours"]
        left = OTHER | ({"groups"} if optimizer == "muon" else set())
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


LOADERS = {
    "ranks overlap": ("self.offset = rank * B * T", "self.offset = rank", "rank 1 of 3 its inputs"),
    "ranks go their own way": ("(self.step + 1) % self.steps", "(self.step + 1) % (self.steps + rank)", "NameError"),
    "the epoch is a step too short": ("(len(tokens) - 1) // self.width", "(len(tokens) - 20) // self.width", "step 2"),
    "the state is forgotten": ('self.step = state["step"]', "pass", "the step after load_state_dict"),
    "reset does nothing": ("def reset(self):\n        self.step = 0", "def reset(self):\n        pass", "after reset"),
    "targets as floats": ("row[1:].view(self.B, self.T)", "row[1:].view(self.B, self.T).float()", "targets"),
    "one of two": ("row[:-1].view(self.B, self.T), row", "row", "no pair"),
    "too few are taken": ("raise ValueError", "return ValueError", "raises"),
    "changes the stream": ("row[1:].view(self.B, self.T)", "row[1:].add_(0).view(self.B, self.T).sub_(1)", "wanted"),
    "slow": ("at = self.step", "__import__('time').sleep(0.05); at = self.step", "times as long"),
}  # fmt: skip


@pytest.mark.parametrize("what", LOADERS)
def test_a_wrong_loader_is_refused_with_the_reason(what: str, tmp_path: Path) -> None:
    old, new, says = LOADERS[what]
    source = answer("dataloader_lite")
    assert old in source
    choose(tmp_path, source.replace(old, new), slot="loader")
    loaded = parts.load(tmp_path, SHAPE)
    assert loaded.owners["loader"] == "ours" and says in loaded.reasons["loader"], loaded.reasons


SAMPLERS = {
    "no filter": ("logits = keep_k(logits, top_k)", "pass", "with temperature=0.7, top_k=5 it draws what is ruled out"),
    "temperature twice": ("logits = logits / temperature", "logits = logits / temperature**2", "does not draw as"),
    "no generator": (", generator=generator)", ")", "does not lead its draws"),
    "never stops": ("if done.all():", "if False:", "does not stop"),
    "stays in eval": ("model.train(was_training)", "pass", "another mode"),
    "the whole text": ("idx[:, -model.config.block_size :]", "idx", "raises ValueError"),
    "the new alone": ("    return idx\n", "    return idx[:, -1:]\n", "do not stand in front"),
    "slow": ("logits, _ = model", "__import__('time').sleep(0.05); logits, _ = model", "times as long"),
}  # fmt: skip
GPTS = {
    "no positions": (" + self.transformer.wpe(positions)", "", "its loss is"),
    "a block is left out": ("for block in self.transformer.h:", "for block in self.transformer.h[1:]:", "its loss is"),
    "head not tied": ("self.lm_head.weight = self.transformer.wte.weight", "pass", "a weight of its own"),
    "no last norm": ("self.lm_head(self.transformer.ln_f(x))", "self.lm_head(x)", "its loss is"),
    "no gradient for the table": ("self.transformer.wte(idx)", "self.transformer.wte(idx).detach()", "the gradient of"),
    "no loss": ("return logits, F.cross_entropy(", "return logits, (", "no loss"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("slot", "what"), [*(("sampler", what) for what in SAMPLERS), *(("gpt", what) for what in GPTS)]
)
def test_a_wrong_sampler_or_model_is_refused_with_the_reason(slot: str, what: str, tmp_path: Path) -> None:
    old, new, says = (SAMPLERS if slot == "sampler" else GPTS)[what]
    source = answer(FILLED[slot])
    assert old in source
    choose(tmp_path, source.replace(old, new), slot=slot)
    loaded = parts.load(tmp_path, SHAPE)
    assert loaded.owners[slot] == "ours" and says in loaded.reasons[slot], loaded.reasons


def test_a_gpt_is_refused_where_it_takes_too_much_or_knows_no_dropout(tmp_path: Path) -> None:
    choose(tmp_path, answer("gpt_model"), slot="gpt")
    large = Model(n_layer=1, n_head=2, n_embd=32, block_size=1024, vocab_size=50257)
    options = train.Training(micro_batch=4)
    assert "2.5 GB at micro_batch=4" in parts.load(tmp_path, large, options).reasons["gpt"]
    dropping = Model(n_layer=1, n_head=2, n_embd=32, block_size=16, vocab_size=300, dropout=0.1)
    assert "dropout=0.1" in parts.load(tmp_path, dropping).reasons["gpt"]


def test_a_loader_is_not_given_more_tokens_than_fit_nor_fewer_than_a_step(tmp_path: Path) -> None:
    choose(tmp_path, answer("dataloader_lite"), slot="loader")
    options = train.Training(tokens_per_step=4096)
    for tokens, says in ((parts.IN_MEMORY + 1, "all 100,000,001 tokens in memory"), (4096, "whole steps of 4,096")):
        assert says in parts.load(tmp_path, SHAPE, options, ids=tokens).reasons["loader"]
    assert parts.load(tmp_path, SHAPE, options, ids=4097).owners["loader"] == "yours"


def test_a_run_on_the_learners_loader_goes_on_where_it_was(tmp_path: Path, text_file: Path) -> None:
    """What a run has read after eight steps depends neither on a stop between nor on the micro-batch."""
    words = [*SMALL, f"data={text_file}", "sample_every=-1", "eval_every=100", "save_every=5", "warmup_steps=2"]
    losses = {}
    for name in ("straight", "broken", "smaller"):
        run = tmp_path / name
        choose(run, answer("dataloader_lite"), slot="loader")
        given = [*words, "max_steps=8", *(["micro_batch=2"] if name == "smaller" else [])]
        assert train.main([str(run), *given]) == 0
        if name == "broken":  # as if it had been cut off after its checkpoint at step 5
            shutil.rmtree(run / "checkpoints" / "step_00000008")
            assert train.main([str(run)]) == 0
        records = read(run / "log.jsonl")[0]
        assert records[0]["parts"]["loader"] == "yours"
        losses[name] = [record["loss"] for record in records if record["event"] == "step"]
    assert losses["broken"] == losses["straight"] and len(losses["straight"]) == 8
    assert losses["smaller"] == pytest.approx(losses["straight"], abs=1e-4)  # sums in another order


@pytest.mark.parametrize("place", ["as it is read", "as it is asked"])
def test_a_part_without_an_end_is_refused(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "\nwhile True:\n    pass\n"
    inside = RIGHT.replace("        B, T, C = x.shape\n", "        while True:\n            pass\n")
    choose(tmp_path, RIGHT + endless if place == "as it is read" else inside)
    monkeypatch.setattr(equal, "PATIENCE", 0.5)
    loaded = parts.load(tmp_path, SHAPE)
    assert loaded.reasons["attention"] == "it has not come to an end within 0.5 seconds"
    assert loaded.owners["attention"] == "ours"


def test_what_is_in_time_is_left_alone() -> None:
    threads = threading.active_count()
    for _ in range(50):
        with equal.within(60):
            pass
    with pytest.raises(KeyError), equal.within(60):
        raise KeyError
    assert threading.active_count() == threads


def test_a_part_that_was_stopped_leaves_an_interpreter_that_can_be_traced() -> None:
    program = """
import contextlib, sys
from gpt2 import equal

def called():
    return 1

for seconds in (60, 0.05):
    with contextlib.suppress(equal.Refused), equal.within(seconds):
        while seconds < 1:
            pass
sys.settrace(lambda *seen: None)
called()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_part_that_leaves_while_it_is_proven_is_refused(tmp_path: Path) -> None:
    choose(tmp_path, RIGHT.replace("B, T, C = x.shape\n", "raise SystemExit(3)\n"))
    assert "raises SystemExit" in parts.load(tmp_path, SHAPE).reasons["attention"]


@pytest.mark.parametrize("kind", ["ValueError", "IndexError", "SystemExit"])
def test_a_part_that_breaks_in_the_middle_of_a_run_is_blamed(
    kind: str, tmp_path: Path, text_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    late = (
        "B, T, C = x.shape\n"
        "        self.calls = getattr(self, 'calls', 0) + (B == 4 and T == 32 and self.training)\n"
        f"        if self.calls == 9: raise {kind}('my own mistake')\n"
    )
    choose(run, RIGHT.replace("B, T, C = x.shape\n", late))
    words = [*SMALL, f"data={text_file}", "max_steps=20", "save_every=2", "sample_every=-1", "eval_every=100"]
    assert train.main([str(run), *words]) == 1
    said = capsys.readouterr().err
    assert f"your attention raises {kind}: my own mistake (line 18 of attention.py)" in said
    stop = read(run / "log.jsonl")[0][-1]
    assert stop["reason"] == "error" and "ours takes its place" in stop["message"]
    last = checkpoint.complete(run)[-1]
    (run / "parts.toml").write_text("")
    assert train.main([str(run)]) == 0 and last.name == "step_00000004"
