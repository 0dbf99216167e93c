"""Milestone: your tokenizer learns the corpus, and your shards hold it."""

from __future__ import annotations

import itertools
import shutil

import numpy as np

from . import glue
from .report import HOME, Report


def main() -> None:
    """Train the tokenizer, write both parts as shards, look at what came of it."""
    report = Report("corpus")
    bpe = glue.encoder()
    merges = glue.VOCAB - 257
    report.see(f"the tokenizer has learned {merges} merges", len(bpe.encode("", allowed="none")) == 0)
    for split in ("train", "val"):
        folder = HOME / "shards" / split
        shutil.rmtree(folder, ignore_errors=True)
        glue.write(split, folder)
    texts = {split: glue.documents(split) for split in ("train", "val")}
    ids = {split: glue.tokens(split).tolist() for split in texts}
    end = glue.VOCAB - 1
    found = {}
    for split, row in ids.items():
        pieces = [list(g) for is_end, g in itertools.groupby(row, key=end.__eq__) if not is_end]
        found[split] = [bpe.decode(piece) for piece in pieces]
    report.see("every document comes back from the shards as it was", all(found[s] == texts[s] for s in texts))
    size = sum(len(text.encode()) for text in texts["train"])
    count = len(ids["train"]) - len(texts["train"])
    report.see("a token stands for at least 1.7 bytes", size / count >= 1.7, f"{size / count:.2f}")
    known = set(found["train"])
    report.see("no validation text is in the training shards", not any(text in known for text in found["val"]))
    sizes = {len(np.load(file)) for file in sorted((HOME / "shards" / "train").glob("*.npy"))[:-1]}
    report.see("all shards but the last are equally long", len(sizes) <= 1, sizes or "one shard")
    report.done(tokens=len(ids["train"]), val_tokens=len(ids["val"]), bytes_per_token=round(size / count, 3))


if __name__ == "__main__":
    main()
