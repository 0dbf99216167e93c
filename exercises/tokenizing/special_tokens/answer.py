"""The reference: cut out the allowed tokens first, then encode what is left as before."""

from collections import Counter
from itertools import pairwise

import regex


def merge(ids, pair, new):
    out, i = [], 0
    while i < len(ids):
        hit = tuple(ids[i : i + 2]) == pair
        out.append(new if hit else ids[i])
        i += 2 if hit else 1
    return out


class RegexBPE:
    def __init__(self, pattern):
        self.pattern = regex.compile(pattern)
        self.special, self.texts = {}, {}

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

    def encode_ordinary(self, text):
        out = []
        for ids in self.pieces(text):
            while known := [pair for pair in pairwise(ids) if pair in self.ids]:
                pair = min(known, key=self.ids.get)
                ids = merge(ids, pair, self.ids[pair])
            out += ids
        return out

    def register(self, tokens):
        self.special = dict(tokens)
        self.texts = {i: token.encode("utf-8") for token, i in tokens.items()}

    def encode(self, text, allowed="none_raise"):
        if allowed == "none_raise":
            if any(token in text for token in self.special):
                raise ValueError("the text holds a special token that nobody has allowed")
            return self.encode_ordinary(text)
        names = {"all": set(self.special), "none": set()}[allowed] if isinstance(allowed, str) else set(allowed)
        if not names:
            return self.encode_ordinary(text)
        pattern = "(" + "|".join(regex.escape(token) for token in sorted(names, key=len, reverse=True)) + ")"
        ids = []
        for part in regex.split(pattern, text):
            ids += [self.special[part]] if part in names else self.encode_ordinary(part)
        return ids

    def decode(self, ids):
        return b"".join(self.texts.get(i) or self.bytes[i] for i in ids).decode("utf-8", errors="replace")
