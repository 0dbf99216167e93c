"""The reference: one table of counts; for each alpha a table of −ln p, looked up along the words of dev."""

import torch

V = 27


def symbols(word):
    return [".abcdefghijklmnopqrstuvwxyz".index(symbol) for symbol in f"..{word}."]


def trigrams(words):
    for word in words:
        s = symbols(word)
        yield from zip(s, s[1:], s[2:])


def loss(counts, words, alpha):
    p = (counts + alpha) / (counts.sum(2, keepdim=True) + V * alpha)
    surprise = [-p[a, b, c].log().item() for a, b, c in trigrams(words)]
    return sum(surprise) / len(surprise)


def tune(train, dev, test, alphas):
    counts = torch.zeros(V, V, V)
    for a, b, c in trigrams(train):
        counts[a, b, c] += 1
    best = min(alphas, key=lambda alpha: loss(counts, dev, alpha))
    return {"alpha": best, "dev": loss(counts, dev, best), "test": loss(counts, test, best)}
