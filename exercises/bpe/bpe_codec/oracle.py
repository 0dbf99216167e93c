"""The oracle: ids as characters, where each merge is Python's own str.replace, forward and back."""


class BPE:
    def __init__(self, merges):
        self.rules = [(chr(left) + chr(right), chr(256 + rank)) for rank, (left, right) in enumerate(merges)]

    def encode(self, text):
        coded = text.encode("utf-8").decode("latin-1")
        for pair, new in self.rules:
            coded = coded.replace(pair, new)
        return [ord(c) for c in coded]

    def decode(self, ids):
        coded = "".join(map(chr, ids))
        for pair, new in reversed(self.rules):
            coded = coded.replace(new, pair)
        return coded.encode("latin-1").decode("utf-8", "replace")
