"""The reference: word counts, a product with unit vectors, sums of reciprocal ranks, a list of drops."""

import math
from collections.abc import Hashable

import torch

K1, B = 1.5, 0.75


def bm25(query: str, docs: list[str]) -> list[float]:
    words = [doc.split() for doc in docs]
    mean = sum(map(len, words)) / len(docs)
    scores = [0.0] * len(docs)
    for word in query.split():
        n = sum(word in each for each in words)
        idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
        for i, each in enumerate(words):
            f = each.count(word)
            scores[i] += idf * f * (K1 + 1) / (f + K1 * (1 - B + B * len(each) / mean))
    return scores


def dense_topk(q: torch.Tensor, docs: torch.Tensor, k: int) -> list[int]:
    cosines = docs @ q / docs.norm(dim=1)  # (N,); the length of q changes no order
    return cosines.sort(descending=True, stable=True).indices[:k].tolist()


def rrf(rankings: list[list[Hashable]]) -> list[Hashable]:
    sums: dict[Hashable, float] = {}
    for ranking in rankings:
        for rank, doc in enumerate(ranking, 1):
            sums[doc] = sums.get(doc, 0) + 1 / (60 + rank)
    return sorted(sums, key=lambda doc: -sums[doc])


def autocut(scores: list[float]) -> int:
    drops = [a - b for a, b in zip(scores, scores[1:], strict=False)]
    return 1 + drops.index(max(drops)) if drops else len(scores)
