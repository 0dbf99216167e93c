"""The same merges, without counting the whole text again in every round."""

from itertools import pairwise


def train_bpe_fast(data: str, vocab_size: int) -> list[tuple[int, int]]:
    """The pairs that byte-pair encoding merges in a text, in the order in which it learns them: what train_bpe returns.

    data: a text, possibly empty; the first 256 ids are its UTF-8 bytes
    vocab_size: how many ids there are in the end, at least 256
    returns: a list of pairs (left, right) of Python ints; the pair at place r becomes the id 256 + r

    Each round takes the most frequent pair of the sequence as it now is (overlapping ones count: a a a has two) and
    replaces all its occurrences, from the left. Among pairs that are equally frequent it takes the one whose first
    occurrence comes first in the sequence. A pair that occurs only once is still merged. Training ends when the
    vocabulary has its size, or when fewer than two ids are left.

    Example: train_bpe_fast("aaabdaaabac", 258) gives [(97, 97), (256, 97)].

    NumPy is welcome here, pure Python is enough. At least 4 times as fast as what stands below, on 30,000 letters and
    150 merges.
    """
    # TODO: this is right, and slow: every round walks over the whole text twice, for a pair that changes few places.
    ids, merges = list(data.encode("utf-8")), []
    while len(ids) > 1 and 256 + len(merges) < vocab_size:
        counts = {}
        for pair in pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        best = max(counts, key=counts.get)
        out, i = [], 0
        while i < len(ids):
            hit = tuple(ids[i : i + 2]) == best
            out.append(256 + len(merges) if hit else ids[i])
            i += 2 if hit else 1
        ids = out
        merges.append(best)
    return merges
