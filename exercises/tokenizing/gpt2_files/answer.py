"""The reference: a table, a JSON object, and one merge a line."""

import json


def bytes_to_unicode():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        if byte not in table:
            table[byte] = chr(256 + len(table) - len(printable))
    return table


def load(vocab_json, merges_txt):
    vocab = json.loads(vocab_json.read_text("utf-8"))
    lines = merges_txt.read_text("utf-8").split("\n")
    pairs = [tuple(line.split(" ")) for line in lines[1:] if line]
    return vocab, {pair: rank for rank, pair in enumerate(pairs)}


def save(vocab, ranks, vocab_json, merges_txt):
    vocab_json.write_text(json.dumps(vocab), "utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in sorted(ranks, key=ranks.get))]
    merges_txt.write_text("\n".join(lines), "utf-8")
