"""The oracle: what Python calls printable, and csv for the files."""

import csv
import json


def bytes_to_unicode():
    shown = {byte: chr(byte) for byte in range(256) if chr(byte).isprintable() and not chr(byte).isspace()}
    hidden = sorted(set(range(256)) - set(shown))
    return shown | dict(zip(hidden, map(chr, range(256, 512)), strict=False))


DIALECT = {"delimiter": " ", "quoting": csv.QUOTE_NONE, "quotechar": None, "lineterminator": "\n"}


def load(vocab_json, merges_txt):
    with open(merges_txt, encoding="utf-8", newline="\n") as file:
        rows = [tuple(row) for row in csv.reader(file, **DIALECT) if row][1:]
    with open(vocab_json, "rb") as file:
        return json.load(file), {row: rank for rank, row in enumerate(rows)}


def save(vocab, ranks, vocab_json, merges_txt):
    with open(vocab_json, "w", encoding="utf-8") as file:
        json.dump(vocab, file)
    rows = dict(zip(ranks.values(), ranks, strict=True))
    with open(merges_txt, "w", encoding="utf-8", newline="\n") as file:
        file.write("#version: 0.2\n")
        csv.writer(file, **DIALECT).writerows(rows[rank] for rank in range(len(rows)))
