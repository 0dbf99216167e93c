"""Byte-pair encoding learns its vocabulary: merge the most frequent pair, again and again."""

from itertools import pairwise


def pair_counts(ids: list[int]) -> dict[tuple[int, int], int]:
    """How often each pair of neighbors occurs. Ours, complete; put your own in its place if you like.

    Its keys stand in the order in which the pairs first occur.
    """
    counts = {}
    for pair in pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge(ids: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """A new list in which every occurrence of the pair is one new id. Ours, complete, too."""
    out, i = [], 0
    while i < len(ids):
        hit = tuple(ids[i : i + 2]) == pair
        out.append(new if hit else ids[i])
        i += 2 if hit else 1
    return out


def train_bpe(data: str, vocab_size: int) -> list[tuple[int, int]]:
    """The pairs that byte-pair encoding merges in a text, in the order in which it learns them.

    data: a text, possibly empty; training works on its UTF-8 bytes, so the first 256 ids are the bytes 0 … 255
    vocab_size: how many ids there are in the end, at least 256: the bytes, and one new id for each merge
    returns: a list of pairs (left, right) of ints; the pair at place r becomes the id 256 + r

    Each round takes the most frequent pair of the sequence as it now is (overlapping ones count, as in pair_counts)
    and replaces all its occurrences. Among pairs that are equally frequent it takes the one whose first occurrence
    comes first in the sequence. A pair that occurs only once is still merged. Training ends when the vocabulary has
    its size, or when fewer than two ids are left.

    Example: train_bpe("aaabdaaabac", 258) gives [(97, 97), (256, 97)]: aa becomes 256, and aaa is then 256 97.
    """
    ids = list(data.encode("utf-8"))
    merges = []
    for r in range(vocab_size - 256):
        counts = pair_counts(ids)
        best = max(counts, key=counts.get)
        ids = merge(ids, best, 256 + r)
        merges.append(best)
    return merges
