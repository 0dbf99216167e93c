"""The oracle: one string with a wall between pieces, where every merge is Python's own str.replace."""

import regex

WALL = "\uffff"


class RegexBPE:
    def __init__(self, pattern):
        self.pattern, self.merges = pattern, []

    def walled(self, text):
        return WALL.join(m.group(0).encode().decode("latin-1") for m in regex.finditer(self.pattern, text))

    def train(self, text, vocab_size):
        coded, self.merges = self.walled(text), []
        while len(self.merges) + 256 < vocab_size:
            pairs = [coded[i : i + 2] for i in range(len(coded) - 1) if WALL not in coded[i : i + 2]]
            if not pairs:
                break
            most = max(pairs.count(p) for p in set(pairs))
            best = next(p for p in pairs if pairs.count(p) == most)
            coded = coded.replace(best, chr(256 + len(self.merges)))
            self.merges.append((ord(best[0]), ord(best[1])))
        return self.merges

    def encode(self, text):
        coded = self.walled(text)
        for rank, (left, right) in enumerate(self.merges):
            coded = coded.replace(chr(left) + chr(right), chr(256 + rank))
        return [ord(c) for c in coded if c != WALL]

    def decode(self, ids):
        coded = "".join(map(chr, ids))
        for rank, (left, right) in reversed(list(enumerate(self.merges))):
            coded = coded.replace(chr(256 + rank), chr(left) + chr(right))
        return coded.encode("latin-1").decode("utf-8", "replace")
