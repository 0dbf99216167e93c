"""A language model in one table: how often does each symbol follow each other one?"""

import torch


def bigram_counts(words: list[str], stoi: dict[str, int]) -> torch.Tensor:
    """Count the pairs of neighbors in all words; each word begins after a "." and ends with one.

    words: any number of words, or none; a word may occur several times, and counts each time
    stoi: symbol to id: "." is 0, the letters have 1 … V−1 in any order; it knows every letter of the words
    returns: [V, V] int64 with V = len(stoi); row: id of the first symbol, column: id of the one after it

    The word "ab" holds three pairs: (".", "a"), ("a", "b"), ("b", "."). An empty word holds one: (".", ".").

    Example: words ["ab", "b"], stoi {".": 0, "a": 1, "b": 2}: [[0, 1, 1], [0, 0, 1], [2, 0, 0]].
    """
    raise NotImplementedError  # TODO
