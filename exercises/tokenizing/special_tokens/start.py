"""Tokens that are orders: found before anything else, and only where the caller allows it."""

from itertools import pairwise

import regex


def merge(ids: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """A new list in which every occurrence of the pair is one new id. Ours, complete."""
    out, i = [], 0
    while i < len(ids):
        hit = tuple(ids[i : i + 2]) == pair
        out.append(new if hit else ids[i])
        i += 2 if hit else 1
    return out


class RegexBPE:
    """The tokenizer of the last exercise, and special tokens. What is written here is right; put your own in its place
    if you like."""

    def __init__(self, pattern: str):
        """pattern: cuts a text into pieces; every character belongs to one."""
        self.pattern = regex.compile(pattern)

    def pieces(self, text: str) -> list[list[int]]:
        return [list(m.group().encode("utf-8")) for m in self.pattern.finditer(text)]

    def train(self, text: str, vocab_size: int) -> list[tuple[int, int]]:
        """Learn merges: pairs in the order of training, the pair at place r is the id 256 + r."""
        pieces = self.pieces(text)
        self.ids, self.bytes = {}, [bytes([i]) for i in range(256)]  # pair -> id, id -> bytes
        for new in range(256, vocab_size):
            counts = {}
            for piece in pieces:
                for pair in pairwise(piece):
                    counts[pair] = counts.get(pair, 0) + 1
            if not counts:
                break
            best = max(counts, key=counts.get)
            pieces = [merge(piece, best, new) for piece in pieces]
            self.ids[best] = new
            self.bytes.append(self.bytes[best[0]] + self.bytes[best[1]])
        return list(self.ids)

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of a text in which nothing is special."""
        out = []
        for ids in self.pieces(text):
            while known := [pair for pair in pairwise(ids) if pair in self.ids]:
                pair = min(known, key=self.ids.get)
                ids = merge(ids, pair, self.ids[pair])
            out += ids
        return out

    def register(self, tokens: dict[str, int]) -> None:
        """Make some strings special tokens; called at most once, after train.

        tokens: string to id, such as {"<|endoftext|>": 300}; no string is empty, and each id lies behind those of the
            bytes and merges. One string may be the beginning of another. It is not changed
        """
        raise NotImplementedError  # TODO

    def encode(self, text: str, allowed: set[str] | str = "none_raise") -> list[int]:
        """The ids of a text.

        text: possibly empty
        allowed: which registered tokens count as such: a set of them, possibly empty, "all" or "none"; or "none_raise":
            none, and ValueError if the text holds a registered one

        Each occurrence of an allowed token becomes its id, from left to right; where several fit at one place, the
        longest. What stands between two of them, before the first and behind the last is encoded as a text of its own.
        Tokens that are not allowed are ordinary text; only "none_raise" raises. If nothing has been registered, all
        texts are ordinary.

        Example: with {"<|end|>": 300}, encode("ab<|end|>", "all") gives [97, 98, 300] when nothing was merged.
        """
        raise NotImplementedError  # TODO

    def decode(self, ids: list[int]) -> str:
        """The text of some ids: special ones are their strings, all others are bytes, joined and then read as UTF-8;
        bytes that are no UTF-8 become U+FFFD."""
        # TODO: this does not know special tokens yet
        return b"".join(self.bytes[i] for i in ids).decode("utf-8", errors="replace")
