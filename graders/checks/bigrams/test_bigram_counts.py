"""Checks for bigram-counts: the table's form, the pairs of one word, several words, repeats, empty words."""

import string

from graders.kit import holds


def alphabet(draw, v):
    """A numbering of "." and v − 1 letters that do not come in the order of the alphabet."""
    letters = draw.random.sample(string.ascii_lowercase, v - 1)
    while letters == sorted(letters):
        draw.random.shuffle(letters)
    return {".": 0, **{letter: i for i, letter in enumerate(letters, 1)}}


def word(draw, stoi, length):
    """A word of letters that all differ: no pair in it occurs twice."""
    return "".join(draw.random.sample([s for s in stoi if s != "."], length))


def test_shape(submission, draw, observe):
    """The table has V rows and V columns of int64; without words it is empty"""
    stoi = alphabet(draw, draw.integer(5, 9))
    observe(f"bigram_counts of no words, V = {len(stoi)}", submission.bigram_counts([], stoi))


def test_one_word(submission, draw, observe):
    """One word: a pair into it, those inside, and a pair out of it; row first, column next"""
    for length in (1, 2, 5):
        stoi = alphabet(draw, draw.integer(7, 9))
        text = word(draw, stoi, length)
        ids = ", ".join(f"{s} {i}" for s, i in stoi.items())
        observe(f"bigram_counts([{text!r}]), ids {ids}", submission.bigram_counts([text], stoi))


def test_words(submission, draw, observe):
    """Several words: no pair goes from one word into the next"""
    stoi = alphabet(draw, draw.integer(8, 12))
    letters = word(draw, stoi, 7)
    words = [letters[:4], letters[4], letters[5:]]
    observe(f"bigram_counts({words})", submission.bigram_counts(words, stoi))
    stoi = dict(draw.random.sample(list(stoi.items()), len(stoi)))
    observe("bigram_counts, stoi written in another order", submission.bigram_counts(words, stoi))


def test_repeats(submission, draw, observe):
    """A pair counts as often as it occurs, within a word and over words"""
    stoi = alphabet(draw, draw.integer(4, 6))
    a, b = word(draw, stoi, 2)
    for words in ([2 * (a + b) + a], [a + a + a], [a + b, b, a + b, a + b]):
        observe(f"bigram_counts({words})", submission.bigram_counts(words, stoi))
    letters = [s for s in stoi if s != "."]
    words = ["".join(draw.random.choices(letters, k=draw.integer(1, 7))) for _ in range(40)]
    before = list(words), dict(stoi)
    observe("bigram_counts of 40 words", submission.bigram_counts(words, stoi))
    says = "The words or stoi are not what they were."
    observe("words and stoi stay as they were", (words, stoi) == before, holds("is_true", says))


def test_empty(submission, draw, observe):
    """An empty word is one pair, of two boundaries"""
    stoi = alphabet(draw, draw.integer(3, 6))
    text = word(draw, stoi, 2)
    for words in ([text, "", ""], [""]):
        observe(f"bigram_counts({words})", submission.bigram_counts(words, stoi))
