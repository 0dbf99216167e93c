"""The oracle: ids become characters, and Python's own str.replace goes from left to right without overlap."""

from itertools import pairwise

FIRST = 0xE000  # a place in Unicode without surrogates


def pair_counts(ids):
    pairs = list(pairwise(ids))
    return {pair: pairs.count(pair) for pair in set(pairs)}


def merge(ids, pair, new):
    names = sorted({*ids, *pair, new})
    letter = {name: chr(FIRST + i) for i, name in enumerate(names)}
    text = "".join(letter[i] for i in ids).replace(letter[pair[0]] + letter[pair[1]], letter[new])
    return [names[ord(c) - FIRST] for c in text]
