"""The reference: each piece is a list of ids of its own."""

from collections import Counter
from itertools import pairwise

import regex


def merge(ids, pair, new):
    out = []
    i = 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


class RegexBPE:
    def __init__(self, pattern):
        self.pattern = regex.compile(pattern)

    def pieces(self, text):
        return [[*m.group().encode("utf-8")] for m in self.pattern.finditer(text)]

    def train(self, text, vocab_size):
        pieces = self.pieces(text)
        self.ids, self.bytes = {}, [bytes([i]) for i in range(256)]
        for new in range(256, vocab_size):
            counts = Counter(pair for piece in pieces for pair in pairwise(piece))
            if not counts:
                break
            best = max(counts, key=counts.get)
            pieces = [merge(piece, best, new) for piece in pieces]
            self.ids[best] = new
            self.bytes.append(self.bytes[best[0]] + self.bytes[best[1]])
        return list(self.ids)

    def encode_piece(self, ids):
        while True:
            known = [pair for pair in pairwise(ids) if pair in self.ids]
            if not known:
                return ids
            pair = min(known, key=self.ids.get)
            ids = merge(ids, pair, self.ids[pair])

    def encode(self, text):
        return [i for piece in self.pieces(text) for i in self.encode_piece(piece)]

    def decode(self, ids):
        return b"".join(self.bytes[i] for i in ids).decode("utf-8", errors="replace")
