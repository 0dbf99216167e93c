"""A second honest way: line by line, with open files."""

import json


def bytes_to_unicode():
    def printable(byte):
        return 33 <= byte <= 126 or (byte >= 161 and byte != 173)

    out, shifted = {}, 0
    for byte in range(256):
        if printable(byte):
            out[byte] = chr(byte)
        else:
            out[byte] = chr(256 + shifted)
            shifted += 1
    return out


def load(vocab_json, merges_txt):
    with open(vocab_json, encoding="utf-8") as file:
        vocab = json.load(file)
    ranks = {}
    with open(merges_txt, encoding="utf-8") as file:
        next(file)
        for line in file:
            if line.strip():
                left, right = line.split()
                ranks[left, right] = len(ranks)
    return vocab, ranks


def save(vocab, ranks, vocab_json, merges_txt):
    with open(vocab_json, "w", encoding="utf-8") as file:
        json.dump(vocab, file, ensure_ascii=False, indent=1)
    with open(merges_txt, "w", encoding="utf-8") as file:
        print("#version: 0.2", file=file)
        for (left, right), _ in sorted(ranks.items(), key=lambda item: item[1]):
            print(left, right, file=file)
