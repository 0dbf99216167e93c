"""Weights go to transformers and come back, tokenizer and all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from gpt2 import checkpoint, sample, tokens, train, weights
from gpt2.config import Model
from gpt2.log import read
from gpt2.model import GPT

os.environ.setdefault("HF_HUB_OFFLINE", "1")


def test_an_exported_run_speaks_through_transformers(trained: Path, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    folder = weights.export_run(trained, tmp_path / "hf")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    ours, encoding, _ = checkpoint.open_run(trained)
    text = "the cat sees tea, and so it goes. Something else: 12 naïve 🐍s!\n\n  x"
    ids = encoding.encode_ordinary(text)
    assert tokenizer.encode(text) == ids
    assert tokenizer.decode(ids) == text
    idx = torch.tensor([ids])[:, :30]
    with torch.no_grad():
        torch.testing.assert_close(ours(idx), theirs(idx).logits, rtol=1e-5, atol=1e-5)
    greedy = theirs.generate(idx[:, :4], max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0)
    options = sample.Sampling(tokens=12, temperature=0)
    assert [row[0] for row in sample.generate(ours, [ids[:4]], options)] == greedy[0, 4:].tolist()


def test_a_folder_of_transformers_becomes_a_run(tmp_path: Path, trained: Path, text_file: Path) -> None:
    transformers = pytest.importorskip("transformers")
    encoding = tokens.load(trained / "tokenizer")
    settings = transformers.GPT2Config(n_layer=2, n_head=2, n_embd=16, n_positions=20, vocab_size=encoding.n_vocab)
    theirs = transformers.GPT2LMHeadModel(settings).eval()
    theirs.save_pretrained(tmp_path / "hf")
    tokens.export(encoding, tmp_path / "hf")
    run = weights.import_run(tmp_path / "hf", tmp_path / "run")
    ours, own, _ = checkpoint.open_run(run)
    idx = torch.randint(encoding.n_vocab, (2, 20))
    with torch.no_grad():
        torch.testing.assert_close(ours(idx), theirs(idx).logits, rtol=1e-5, atol=1e-5)
    assert own._mergeable_ranks == encoding._mergeable_ranks
    with pytest.raises(ValueError, match="not empty"):
        weights.import_run(tmp_path / "hf", run)
    words = [f"data={text_file}", "max_steps=3", "tokens_per_step=80", "sample_every=-1", "device=cpu", "dtype=float32"]
    assert train.main([str(run), *words]) == 0  # and trains on from there, in its own tokens
    records = read(run / "log.jsonl")[0]
    assert records[0]["pretrained"] and records[0]["model"]["vocab_size"] == encoding.n_vocab
    assert tokens.load(run / "tokenizer")._mergeable_ranks == encoding._mergeable_ranks


def test_every_checkpoint_is_one_of_transformers(trained: Path) -> None:
    transformers = pytest.importorskip("transformers")
    folder = checkpoint.complete(trained)[-1]
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    shape = Model(**json.loads((trained / "config.json").read_text())["model"])
    assert theirs.num_parameters() == shape.parameters


def test_published_checkpoints_with_buffers_and_short_names_are_read() -> None:
    shape = Model(n_layer=2, n_head=2, n_embd=16, block_size=8, vocab_size=40)
    model, other = GPT(shape), GPT(shape)
    given = {name.removeprefix("transformer."): tensor for name, tensor in weights.to_transformers(model).items()}
    given["h.0.attn.bias"] = torch.ones(1, 1, 8, 8)
    weights.from_transformers(other, given)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


def test_a_checkpoint_that_does_not_fit_is_refused() -> None:
    shape = Model(n_layer=1, n_head=2, n_embd=16, block_size=8, vocab_size=40)
    model = GPT(shape)
    right = weights.to_transformers(model)
    name = "transformer.h.0.mlp.c_fc.weight"
    with pytest.raises(ValueError, match=r"lacks transformer\.h.0.mlp.c_fc.weight"):
        weights.from_transformers(model, {k: v for k, v in right.items() if k != name})
    with pytest.raises(ValueError, match=r"has transformer\.more"):
        weights.from_transformers(model, right | {"transformer.more": torch.zeros(1)})
    with pytest.raises(ValueError, match=r"\(64, 16\).*\(32, 16\)|\(32, 16\).*\(64, 16\)"):
        weights.from_transformers(model, right | {name: torch.zeros(16, 32)})


def test_another_kind_of_gpt2_is_refused(tmp_path: Path) -> None:
    about = weights.about(Model(), 50256)
    (tmp_path / "config.json").write_text(json.dumps(about | {"activation_function": "relu"}))
    with pytest.raises(ValueError, match="activation_function"):
        weights.read_config(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(about))
    assert weights.read_config(tmp_path) == Model()
