"""What stands between the pieces: the model's shape, the corpus, and how the pieces are put together."""

from __future__ import annotations

import functools
import inspect
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from . import attention, gpt, init, mlp, sampler, shards, tokenizer
from .report import HOME, owners

PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""  # GPT-2's
END = "<|endoftext|>"
VOCAB = 512  # 256 bytes, 255 merges, and the end of a text
PADDED = 640  # rows of the table: the last ones stand for no token
TRAINED_ON = 60_000  # characters that the tokenizer learns from: in plain Python more would take long


@dataclass(frozen=True)
class Config:
    """The shape of the model that is trained here."""

    n_layer: int = 4
    n_head: int = 4
    n_embd: int = 96
    block_size: int = 64
    vocab_size: int = PADDED
    dropout: float = 0.0


def build(config: Config, seed: int = 1337) -> nn.Module:
    """Return a fresh model: the GPT, your attention and MLP in it where the GPT itself is borrowed, first weights."""
    torch.manual_seed(seed)
    model = gpt.GPT(config)
    mine = owners()
    for slot, module, name in (("attention", attention, "CausalSelfAttention"), ("mlp", mlp, "MLP")):
        if mine[slot] == "yours" and mine["gpt"] == "borrowed":
            for i, block in enumerate(model.transformer.h):
                setattr(block, "attn" if slot == "attention" else "mlp", fitting(getattr(module, name))(config, i))
    for name, module in model.named_modules():
        if name.endswith("c_proj"):
            module.is_residual_output = True
    init.init_weights_(model)
    return model


def fitting(made: type[nn.Module]) -> type[nn.Module]:
    """Return a class that also takes a cache, which it then has no use for, where `made` takes none."""
    if made.__name__ == "MLP" or len(inspect.signature(made.forward).parameters) > 2:
        return made

    class Cacheless(made):
        """Attention as it was written, called by a block that may hold a cache."""

        def forward(self, x: Tensor, cache: object = None) -> Tensor:
            if cache is not None:
                raise TypeError("this attention knows no cache")
            return super().forward(x)

    return Cacheless


def knows_a_cache(model: nn.Module) -> bool:
    """Whether attention and model take a cache, and a generate is there that uses it."""
    parts = (gpt.GPT.forward, type(model.transformer.h[0].attn).forward)
    named = all("cache" in inspect.signature(part).parameters for part in parts)
    return named and type(model.transformer.h[0].attn).__name__ != "Cacheless" and hasattr(gpt, "generate")


def generate(model: nn.Module, idx: Tensor, count: int, **how: object) -> Tensor:
    """Write on: with the GPT's own cached generate where it has one, else with the sampler."""
    if knows_a_cache(model):
        return gpt.generate(model, idx, count, **how)
    return sampler.generate(model, idx, count, **how)


# --- text ------------------------------------------------------------------------------------------


def documents(split: str) -> list[str]:
    """The corpus's documents of one part, "train" or "val"."""
    lines = (HOME / "corpus" / "documents.jsonl").read_text("utf-8").splitlines()
    return [row["text"] for row in map(json.loads, lines) if row["split"] == split]


@functools.cache
def encoder() -> tokenizer.RegexBPE:
    """The tokenizer, trained on the first of the training documents: the same every time."""
    made = tokenizer.RegexBPE(PATTERN)
    made.train("\n\n".join(documents("train"))[:TRAINED_ON], VOCAB - 1)
    made.register({END: VOCAB - 1})
    return made


def encoded(split: str) -> Iterator[list[int]]:
    """The ids of each document of one part."""
    for text in documents(split):
        yield encoder().encode(text, allowed="none")


def write(split: str, folder: Path, size: int = 20_000) -> list[Path]:
    """Write one part of the corpus as shards."""
    return shards.write_shards(encoded(split), size, VOCAB - 1, folder, val_shards=10**6 if split == "val" else 0)


def tokens(split: str) -> Tensor:
    """All tokens of one part, from its shards: (n,) int64."""
    files = sorted((HOME / "shards" / split).glob("*.npy"))
    if not files:
        raise SystemExit("there are no shards yet: the milestone `corpus` writes them")
    return torch.from_numpy(np.concatenate([np.load(file) for file in files]).astype(np.int64))


def bigram_bits(train: bytes, val: bytes) -> float:
    """The loss, in nats for each byte of `val`, of a model that only counted pairs of bytes in `train`."""
    pairs = np.zeros((256, 256))
    row = np.frombuffer(train, dtype=np.uint8)
    np.add.at(pairs, (row[:-1], row[1:]), 1)
    ahead = (pairs + 0.1) / (pairs.sum(1, keepdims=True) + 25.6)
    seen = np.frombuffer(val, dtype=np.uint8)
    return float(-np.log(ahead[seen[:-1], seen[1:]]).mean())


def first_loss(config: Config) -> float:
    """The loss before any step: ln V for ignorance, and a little for random logits."""
    return math.log(config.vocab_size) + 0.5 * 0.02**2 * config.n_embd
