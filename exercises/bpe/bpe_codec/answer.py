"""The reference: merge the pair of lowest rank until none is left; a table of bytes to go back."""

from itertools import pairwise


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


class BPE:
    def __init__(self, merges):
        self.ids = {pair: 256 + rank for rank, pair in enumerate(merges)}
        self.bytes = [bytes([i]) for i in range(256)]
        for left, right in merges:
            self.bytes.append(self.bytes[left] + self.bytes[right])

    def encode(self, text):
        ids = list(text.encode("utf-8"))
        while True:
            known = [pair for pair in pairwise(ids) if pair in self.ids]
            if not known:
                return ids
            pair = min(known, key=self.ids.get)
            ids = merge(ids, pair, self.ids[pair])

    def decode(self, ids):
        return b"".join(self.bytes[i] for i in ids).decode("utf-8", errors="replace")
