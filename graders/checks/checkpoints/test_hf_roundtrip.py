"""Checks for hf-roundtrip: what comes back, the attention, the greedy ids, their text, the folder afterwards."""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from graders.kit import holds

SUMS = "A row of an attention matrix does not sum to 1."
CHANGED = "The folder is not what it was: somebody may want to sample from this model tomorrow."
END = "<|endoftext|>"
WORDS = ["the", "river", "bends", "north", "where", "old", "walls", "stand", "and", "nobody", "waits"]
SIGNS = ["é", "ß", "λ", "ж", "→", "水", "語", "½", "Å", "ñ"]


def bytes_to_unicode():
    """GPT-2's name for each byte."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in keep]
    return {**{b: chr(b) for b in keep}, **{b: chr(256 + i) for i, b in enumerate(rest)}}


def tokenizer(draw):
    """Byte-level BPE with ids in no order: the bytes, a few words' pieces, and the end of text."""
    letters = bytes_to_unicode()
    tokens, merges = list(letters.values()), []
    for word in WORDS:
        piece = letters[ord(" ")]
        for c in word:
            if piece + c not in tokens:
                tokens.append(piece + c)
                merges.append((piece, c))
            piece += c
    draw.random.shuffle(tokens)
    tokens.append(END)
    tok = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    tok.add_special_tokens([END])
    return tok


def folder(draw, said, start):
    """A model of GPT-2's kind with its tokenizer in a folder; from position ``start`` on it tends to say ``said``.

    It only tends to: each wanted token is the likeliest by far less than would bind a sampler.
    """
    if "transformers" in sys.modules:  # its progress bars are no output of the learner's
        sys.modules["transformers"].logging.disable_progress_bar()
    tok = tokenizer(draw)
    ids = tok.encode(said).ids
    V, T = tok.get_vocab_size(), start + len(ids) + 8
    n_layer, n_head = draw.random.choice([(2, 3), (3, 2), (3, 4), (2, 5)])
    C = 8 * n_head
    end = tok.token_to_id(END)
    sizes = {"attn.c_attn": (C, 3 * C), "attn.c_proj": (C, C), "mlp.c_fc": (C, 4 * C), "mlp.c_proj": (4 * C, C)}
    w = {"wte.weight": draw.normal(V, C), "wpe.weight": draw.normal(T, C)}
    w["wte.weight"] /= w["wte.weight"].norm(dim=1, keepdim=True) / 2.0
    w["wte.weight"][end] = 0.0  # its logit is 0: never the largest
    for i, wanted in enumerate(ids):
        w["wpe.weight"][start - 1 + i] = 4.0 * w["wte.weight"][wanted]
    for layer in range(n_layer):
        for name, (rows, columns) in sizes.items():
            out = name.endswith("c_proj")
            w[f"h.{layer}.{name}.weight"] = draw.normal(rows, columns, scale=(0.2 if out else 1.5) / rows**0.5)
            w[f"h.{layer}.{name}.bias"] = draw.normal(columns, scale=0.05)
        for norm in ("ln_1", "ln_2"):
            w[f"h.{layer}.{norm}.weight"] = draw.normal(C, scale=0.2, mean=1.0)
            w[f"h.{layer}.{norm}.bias"] = draw.normal(C, scale=0.1)
    w["ln_f.weight"], w["ln_f.bias"] = torch.full((C,), 0.45), torch.zeros(C)
    path = Path("model")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    save_file({f"transformer.{k}": v.contiguous() for k, v in w.items()}, path / "model.safetensors", {"format": "pt"})
    tok.save(str(path / "tokenizer.json"))
    sizes = {"vocab_size": V, "n_positions": T, "n_embd": C, "n_layer": n_layer, "n_head": n_head}
    ends = {"bos_token_id": end, "eos_token_id": end}
    kind = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "dtype": "float32"}
    own = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END, "bos_token": END, "model_max_length": T}
    sampling = {"do_sample": True, "temperature": 1.5, "top_k": 40}
    for name, what in (
        ("config.json", {**kind, **sizes, **ends, "attn_pdrop": 0.3, "resid_pdrop": 0.3, "embd_pdrop": 0.3}),
        ("tokenizer_config.json", {**own, "clean_up_tokenization_spaces": False}),
        ("generation_config.json", {**sampling, **ends, "_from_model_config": False}),
    ):
        (path / name).write_text(json.dumps(what, indent=1), encoding="utf-8")
    return str(path), tok


def task(draw):
    """A folder, a prompt of two words or more, and how much to add."""
    prompt = " ".join(["", *draw.random.sample(WORDS, draw.integer(2, 4))])
    prompt += draw.random.choice(["", ",", " é", " !"])
    said = (
        " "
        + "".join(
            draw.random.choice(["", " "]) + draw.random.choice([draw.random.choice(WORDS), draw.random.choice(SIGNS)])
            for _ in range(6)
        )
        + draw.random.choice(SIGNS)
    )
    probe = tokenizer(draw)
    start, n = len(probe.encode(prompt).ids), len(probe.encode(said).ids)
    path, _ = folder(draw, said, start)
    return path, prompt, n


def test_shapes(submission, draw, observe):
    """Three entries: n ids, a text, one [1, n_head, T0, T0] a layer"""
    path, prompt, n = task(draw)
    out = submission.run_hf(path, prompt, n)
    observe("entries", sorted(map(str, out)) if isinstance(out, dict) else type(out).__name__)
    observe("ids", [type(out["ids"]).__name__, len(out["ids"]), sorted({type(i).__name__ for i in out["ids"]})])
    observe("text", type(out["text"]).__name__)
    observe("attn", [tuple(a.shape) for a in out["attn"]])


def test_attention(submission, draw, observe):
    """Attention of every layer over the prompt; rows sum to 1"""
    path, prompt, n = task(draw)
    for i, table in enumerate(submission.run_hf(path, prompt, n)["attn"]):
        observe(f"layer {i}", table.detach())
        observe(f"rows of layer {i}", table.detach(), holds("sums_to", SUMS, total=1.0, dim=-1))


def test_ids(submission, draw, observe):
    """Each new id is the most likely one; the prompt's are not among them"""
    for _ in range(2):
        path, prompt, n = task(draw)
        observe(f"the {n} ids after {prompt!r}", submission.run_hf(path, prompt, n)["ids"])
    observe("a single one", submission.run_hf(path, prompt, 1)["ids"])


def test_text(submission, draw, observe):
    """The text is what the new ids read together"""
    for _ in range(2):
        path, prompt, n = task(draw)
        observe(f"the text after {prompt!r}", submission.run_hf(path, prompt, n)["text"])


def test_folder(submission, draw, observe):
    """The folder is as it was"""
    path, prompt, n = task(draw)
    before = {p.name: p.read_bytes() for p in Path(path).iterdir()}
    submission.run_hf(path, prompt, n)
    after = {p.name: p.read_bytes() for p in Path(path).iterdir()}
    observe("the files of the folder", before == after, holds("is_true", CHANGED))
