"""A second honest way: different pieces once, with their number; merges in rank order; a wall between pieces."""

from collections import Counter

import regex

WALL = -1


class RegexBPE:
    def __init__(self, pattern):
        self.pattern, self.merges = pattern, []

    def train(self, text, vocab_size):
        self.merges = []
        words = Counter(m[0] for m in regex.finditer(self.pattern, text))
        rows = [(list(word.encode()), n) for word, n in words.items()]
        while len(self.merges) < vocab_size - 256:
            counts = Counter()
            for ids, n in rows:
                for i in range(len(ids) - 1):
                    counts[ids[i], ids[i + 1]] += n
            if not counts:
                break
            (pair, _), *_ = counts.most_common(1)
            for ids, _ in rows:
                replace(ids, pair, 256 + len(self.merges))
            self.merges.append(pair)
        return self.merges

    def encode(self, text):
        ids = []
        for m in regex.finditer(self.pattern, text):
            ids += [*m[0].encode(), WALL]
        for rank, pair in enumerate(self.merges):
            replace(ids, pair, 256 + rank)
        return [i for i in ids if i != WALL]

    def decode(self, ids):
        out, todo = bytearray(), list(reversed(ids))
        while todo:
            i = todo.pop()
            if i < 256:
                out.append(i)
            else:
                todo += reversed(self.merges[i - 256])
        return str(out, "utf-8", "replace")


def replace(ids, pair, new):
    at = 0
    while at < len(ids) - 1:
        if (ids[at], ids[at + 1]) == pair:
            ids[at : at + 2] = [new]
        at += 1
