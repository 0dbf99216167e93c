"""Byte-pair encoding inside of pieces: a pattern cuts the text first."""


class RegexBPE:
    """A byte-level tokenizer that cuts text into pieces by a pattern; no token reaches over a cut.

    pattern: a pattern for the package `regex`, which knows \\p{L} and \\p{N}; it may contain groups in parentheses. The
        pieces are its matches, one behind the other, as regex.finditer finds them; every character belongs to one

    Example: with RegexBPE(r" ?[a-z]+| +|\\d"), the text "to the  2" has the pieces "to", " the", "  ", "2".
    """

    def __init__(self, pattern: str):
        raise NotImplementedError  # TODO

    def train(self, text: str, vocab_size: int) -> list[tuple[int, int]]:
        """Learn merges from a text, and keep them for encode and decode; what was learned before is forgotten.

        text: possibly empty
        vocab_size: how many ids there are in the end, at least 256: the bytes, and one new id for each merge
        returns: a list of pairs (left, right) of ints; the pair at place r becomes the id 256 + r

        The text is cut, each piece is its UTF-8 bytes. Each round takes the most frequent pair of neighbors, counted in
        all pieces together (equal pieces each count); the last id of one piece and the first of the next are no
        neighbors. Among equally frequent pairs it takes the one that occurs first in the text as it now is. Training
        ends early when no piece has two ids left.
        """
        raise NotImplementedError  # TODO

    def encode(self, text: str) -> list[int]:
        """The ids of a text: cut it, then in each piece make the merge that was learned first, until none is left."""
        raise NotImplementedError  # TODO

    def decode(self, ids: list[int]) -> str:
        """The text of some ids: their bytes joined, then read as UTF-8; bytes that are no UTF-8 become U+FFFD."""
        raise NotImplementedError  # TODO
