"""A second honest way: look at every place for the longest allowed token, with no second pattern."""

import regex


class RegexBPE:
    def __init__(self, pattern):
        self.pattern, self.merges, self.special = pattern, [], {}

    def train(self, text, vocab_size):
        rows, self.merges = [list(m[0].encode()) for m in regex.finditer(self.pattern, text)], []
        while len(self.merges) < vocab_size - 256:
            counts = {}
            for ids in rows:
                for i in range(len(ids) - 1):
                    counts[ids[i], ids[i + 1]] = counts.get((ids[i], ids[i + 1]), 0) + 1
            if not counts:
                break
            pair = max(counts, key=counts.get)
            for ids in rows:
                replace(ids, pair, 256 + len(self.merges))
            self.merges.append(pair)
        return self.merges

    def register(self, tokens):
        self.special.update(tokens)

    def plain(self, text):
        out = []
        for m in regex.finditer(self.pattern, text):
            ids = list(m[0].encode())
            for rank, pair in enumerate(self.merges):
                replace(ids, pair, 256 + rank)
            out += ids
        return out

    def encode(self, text, allowed="none_raise"):
        if allowed == "none_raise" and [t for t in self.special if text.find(t) >= 0]:
            raise ValueError(text)
        names = self.special if allowed == "all" else () if allowed in ("none", "none_raise") else allowed
        out, begun, at = [], 0, 0
        while at < len(text):
            here = [t for t in names if text.startswith(t, at)]
            if not here:
                at += 1
                continue
            token = max(here, key=len)
            out += [*self.plain(text[begun:at]), self.special[token]]
            begun = at = at + len(token)
        return out + self.plain(text[begun:])

    def decode(self, ids):
        names, out = {i: t for t, i in self.special.items()}, b""
        for i in ids:
            out += names[i].encode() if i in names else self.spell(i)
        return out.decode(errors="replace")

    def spell(self, i):
        return bytes([i]) if i < 256 else b"".join(map(self.spell, self.merges[i - 256]))


def replace(ids, pair, new):
    at = 0
    while at < len(ids) - 1:
        if (ids[at], ids[at + 1]) == pair:
            ids[at : at + 2] = [new]
        at += 1
