"""A second honest way: counters, cosine similarity and Python's sort, numbers of first appearance, a running best."""

from collections import Counter, defaultdict
from math import log

import torch.nn.functional as F


def bm25(query, docs, k1=1.5, b=0.75):
    counts = [Counter(doc.split()) for doc in docs]
    lengths = [sum(c.values()) for c in counts]
    average = sum(lengths) / len(lengths)
    asked = Counter(query.split())
    found = Counter(word for c in counts for word in c)
    result = []
    for c, length in zip(counts, lengths):
        norm = k1 * (1 - b + b * length / average)
        parts = [
            times
            * log(1 + (len(docs) - found[word] + 0.5) / (found[word] + 0.5))
            * (c[word] * (k1 + 1) / (c[word] + norm))
            for word, times in asked.items()
        ]
        result.append(float(sum(parts)))
    return result


def dense_topk(q, docs, k):
    cos = F.cosine_similarity(docs, q[None], dim=1).tolist()
    return sorted(range(len(cos)), key=lambda i: (-cos[i], i))[:k]


def rrf(rankings):
    total, seen = defaultdict(float), {}
    for ranking in rankings:
        for place in range(len(ranking)):
            total[ranking[place]] += 1.0 / (61 + place)
            seen.setdefault(ranking[place], len(seen))
    return sorted(seen, key=lambda doc: (total[doc], -seen[doc]), reverse=True)


def autocut(scores):
    if len(scores) < 2:
        return len(scores)
    best, at = -1.0, 0
    for i in range(1, len(scores)):
        if scores[i - 1] - scores[i] > best:
            best, at = scores[i - 1] - scores[i], i
    return at
