"""Checks for ngram-dataset: one word, several words, other ids, nothing at all."""

import torch

from graders.kit import holds

CHANGED = "words or stoi was changed. The caller still needs them as they were."


def alphabet(draw, size, mixed=True):
    letters = draw.random.sample("abcdefghijklmnopqrstuvwxyz", size) if mixed else "abcdefghijklmnopqrstuvwxyz"[:size]
    return {".": 0} | {letter: i for i, letter in enumerate(letters, 1)}


def word(draw, stoi, low=1, high=7):
    letters = [s for s in stoi if s != "."]
    return "".join(draw.random.choice(letters) for _ in range(draw.integer(low, high)))


def own(x):
    """The same values in memory of their own: X and Y may be columns of one table."""
    return x.new_empty(x.shape).copy_(x) if type(x) is torch.Tensor else x


def look(observe, submission, words, k, stoi):
    """Observe X and Y; lists of words are shown as far as they are short."""
    shown = f"{words}" if len(words) <= 4 else f"{len(words)} words"
    kept = list(words), dict(stoi)
    X, Y = submission.build(words, k, stoi)
    observe(f"X of build({shown}, {k}, stoi)", own(X))
    observe(f"Y of build({shown}, {k}, stoi)", own(Y))
    observe("words and stoi as they were", (words, stoi) == kept, holds("is_true", CHANGED))


def test_one_word(submission, draw, observe):
    """One word: n + 1 examples, padded at its start, with its end"""
    stoi = alphabet(draw, 8, mixed=False)
    for k, n in ((3, 6), (2, 3), (1, 4), (5, 2)):
        look(observe, submission, [word(draw, stoi, n, n)], k, stoi)


def test_several_words(submission, draw, observe):
    """Several words: each begins anew; empty and repeated ones count too"""
    stoi = alphabet(draw, 5, mixed=False)
    for k in (3, 1, 4):
        words = [word(draw, stoi, 2) for _ in range(3)]
        look(observe, submission, words, k, stoi)
        look(observe, submission, [words[0], "", words[1], words[0], "", words[0]], k, stoi)


def test_stoi(submission, draw, observe):
    """The ids are those of stoi, in whatever order it has the letters"""
    for size in (4, 26):
        stoi = alphabet(draw, size)
        look(observe, submission, [word(draw, stoi) for _ in range(9)], draw.integer(2, 4), stoi)


def test_nothing(submission, draw, observe):
    """No words give no rows of k columns; an empty word gives one"""
    stoi = alphabet(draw, 3)
    for k in (1, 4):
        look(observe, submission, [], k, stoi)
        look(observe, submission, [""], k, stoi)
