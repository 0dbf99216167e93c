"""A tokenizer at work: text to ids, and ids back to text."""


class BPE:
    """Byte-level byte-pair encoding with given merges.

    merges: a list of pairs (left, right) of ints, as train_bpe returns it; the pair at place r is the id 256 + r. The
        ids 0 … 255 are single bytes. Possibly empty. It is not changed

    Example: with tokenizer = BPE([(97, 97), (256, 98)]) the text "aab" is encoded as [257]: first a a becomes 256, then
    256 b becomes 257. "aaab" is [256, 97, 98], and decode([257, 97]) is "aaba".
    """

    def __init__(self, merges: list[tuple[int, int]]):
        raise NotImplementedError  # TODO

    def encode(self, text: str) -> list[int]:
        """The ids of a text, possibly empty: its UTF-8 bytes, with the merges applied in the order of training.

        In each step, among the pairs of neighbors that are merges, the one that was learned first (the smallest place
        in merges) is replaced; this goes on until no neighbors are a merge.
        """
        raise NotImplementedError  # TODO

    def decode(self, ids: list[int]) -> str:
        """The text of some ids, possibly none, each below 256 + len(merges); not changed.

        The bytes of all ids are joined, and then read as UTF-8. Bytes that are no UTF-8 become U+FFFD, as
        bytes.decode(errors="replace") has it; nothing raises.
        """
        raise NotImplementedError  # TODO
