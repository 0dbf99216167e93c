"""The oracle: by the letter of the docstrings, with fractions where they are exact."""

from fractions import Fraction
from math import log, sqrt


def bm25(query, docs):
    split = [doc.split() for doc in docs]
    scores = []
    for words in split:
        score = 0.0
        for word in query.split():
            f = sum(1 for w in words if w == word)
            n = sum(1 for other in split if any(w == word for w in other))
            length = len(words) * len(split) / sum(len(other) for other in split)
            idf = log(1 + (len(split) - n + 0.5) / (n + 0.5))
            score += idf * f * 2.5 / (f + 1.5 * (0.25 + 0.75 * length))
        scores.append(score)
    return scores


def dense_topk(q, docs, k):
    q, docs = q.tolist(), docs.tolist()
    cosines = [sum(a * b for a, b in zip(q, d)) / sqrt(sum(a * a for a in d) * sum(b * b for b in q)) for d in docs]
    order = []
    while len(order) < min(k, len(docs)):
        order.append(max((i for i in range(len(docs)) if i not in order), key=lambda i: (round(cosines[i], 9), -i)))
    return order


def rrf(rankings):
    names = []
    for ranking in rankings:
        names += [doc for doc in ranking if doc not in names]
    totals = {d: sum(Fraction(1, 61 + r.index(d)) for r in rankings if d in r) for d in names}
    return sorted(names, key=lambda d: (-totals[d], names.index(d)))


def autocut(scores):
    if len(scores) < 2:
        return len(scores)
    return min(range(1, len(scores)), key=lambda i: (scores[i] - scores[i - 1], i))
