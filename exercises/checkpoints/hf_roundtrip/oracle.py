"""The oracle: the tokenizer's file by the tokenizers library, the weights by name, GPT-2's arithmetic by hand."""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer


def run_hf(dir, prompt, n):
    config = json.loads(Path(dir, "config.json").read_text())
    weights = {
        name.removeprefix("transformer."): w.double() for name, w in load_file(f"{dir}/model.safetensors").items()
    }
    tok = Tokenizer.from_file(f"{dir}/tokenizer.json")
    start = tok.encode(prompt).ids
    ids, attn = list(start), None
    for _ in range(n):
        logits, seen = look(weights, config, ids)
        attn = attn or tuple(a.float() for a in seen)
        ids.append(int(logits.argmax()))
    new = ids[len(start) :]
    return {"ids": new, "text": tok.decode(new), "attn": attn}


def look(weights, config, ids):
    """Logits of the last position, and each layer's attention."""
    T, n_head = len(ids), config["n_head"]
    unseen = torch.ones(T, T, dtype=torch.bool).triu(1)

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])

    def linear(x, name):
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["wte.weight"][ids] + weights["wpe.weight"][:T]
    tables = []
    for i in range(config["n_layer"]):
        q, k, v = linear(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").view(T, 3, n_head, -1).permute(1, 2, 0, 3)
        table = (q @ k.mT / k.shape[-1] ** 0.5).masked_fill(unseen, -torch.inf).softmax(-1)
        tables.append(table[None])
        x = x + linear((table @ v).transpose(0, 1).reshape(T, -1), f"h.{i}.attn.c_proj")
        hidden = F.gelu(linear(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"), approximate="tanh")
        x = x + linear(hidden, f"h.{i}.mlp.c_proj")
    return norm(x, "ln_f")[-1] @ weights["wte.weight"].T, tables
