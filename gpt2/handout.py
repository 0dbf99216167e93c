"""Writes a part of the default corpus as JSON lines, for programs that know nothing of this package."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gpt2 import corpus

LIMITS = {"train": 400_000, "val": 40_000}  # characters of each part: a plain-Python tokenizer reads them in seconds


def write(target: Path, data: str = "docs") -> None:
    """Write {"split", "text"} for each document, up to the limits, whole or not at all."""
    left = dict(LIMITS)
    lines = []
    for document in corpus.load(data):
        if left[document.split] > 0:
            text = document.text[: left[document.split]]
            left[document.split] -= len(text)
            lines.append(json.dumps({"split": document.split, "text": text}))
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}")
    fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh.replace(target)


if __name__ == "__main__":
    write(Path(sys.argv[1]), *sys.argv[2:3])
