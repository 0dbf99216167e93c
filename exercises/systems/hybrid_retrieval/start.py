"""Finding the right passages: by words, by direction, by both; and where to stop."""

from collections.abc import Hashable

import torch


def bm25(query: str, docs: list[str]) -> list[float]:
    """How well each document answers the query by its words. Returns one score for each document, in their order.

    docs: N ≥ 1 documents, at least one of them with words in it; query may be empty. Words are what stands between
        white space (of any kind and length); upper and lower case differ

    For each word of the query (twice for a word that stands there twice) a document gets
        idf · f · (k1 + 1) / (f + k1 · (1 − b + b · length / mean length)), k1 = 1.5, b = 0.75
    f: how often the word stands in the document
    length, mean length: words in the document; the mean of that over all documents
    idf = ln(1 + (N − n + 0.5) / (n + 0.5)), natural logarithm; n: number of documents in which the word stands

    Example: bm25("red", ["red red fish", "blue fish"]) is about [0.89, 0.0].
    """
    raise NotImplementedError  # TODO


def dense_topk(q: torch.Tensor, docs: torch.Tensor, k: int) -> list[int]:
    """The k documents whose vectors point most nearly in the direction of the query's.

    q: [D] float, docs: [N, D] float; no vector is zero, their lengths differ; neither is changed
    k: at least 1; all N documents if it is larger
    returns: k row numbers of docs, Python ints, the largest cosine first; of equal ones the lower number first
    """
    raise NotImplementedError  # TODO


def rrf(rankings: list[list[Hashable]]) -> list[Hashable]:
    """Reciprocal rank fusion: one ranking from several.

    rankings: lists of document names, each with the best first; a document may be missing in some, and stands in none
        of them twice; the lists are not changed

    A document gets 1 / (60 + rank) from each list in which it stands, ranks counted from 1, and nothing from others.
    returns: all documents that occur, the largest sum first; of equal ones the one first that is met first when the
        lists are read one after the other

    Example: rrf([["a", "b", "c"], ["c", "a"]]) is ["a", "c", "b"].
    """
    raise NotImplementedError  # TODO


def autocut(scores: list[float]) -> int:
    """How many of the best to keep: those that stand before the largest drop.

    scores: from the largest to the smallest; may be empty or negative
    returns: how many scores stand before the largest difference between neighbors (the first such, if several are
        equally large); with fewer than two scores, their number

    Example: autocut([9.0, 8.5, 3.0, 2.0]) is 2.
    """
    raise NotImplementedError  # TODO
