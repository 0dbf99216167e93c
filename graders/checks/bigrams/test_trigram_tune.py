"""Checks for trigram-tune: the losses of one alpha, the choice among several, one look at test."""

import string

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-4, atol=1e-5, because="sums of many logarithms may be taken in float32")


class Grammar:
    """Makes words in which the two last letters decide, mostly, what comes next; noise makes them less like it."""

    def __init__(self, draw):
        self.random = draw.random
        self.letters = [*draw.random.sample(string.ascii_lowercase[1:], 4), "a"]
        self.likes = {}

    def words(self, count, noise):
        return [self.word(noise) for _ in range(count)]

    def word(self, noise):
        text = ".."
        while len(text) < 9:
            liked = self.likes.setdefault(text[-2:], self.random.choices([*self.letters, "."], k=2))
            free = self.random.random() < noise
            text += self.random.choice(string.ascii_lowercase if free else liked)
            if text[-1] == ".":
                break
        return text.strip(".") or self.random.choice(self.letters)


class Once:
    """Words that may be gone through like a list; notes how often that is done."""

    def __init__(self, words):
        self.words, self.times = words, 0

    def __iter__(self):
        self.times += 1
        return iter(self.words)

    def __len__(self):
        return len(self.words)


def test_losses(submission, draw, observe):
    """With one alpha: its losses on dev and test, as plain numbers"""
    for train, dev, test, alpha in ((["a"], ["a"], ["b"], 1.0), (["ab", "ba"], ["abz"], ["ba", "a"], 0.5)):
        name = f"tune({train}, {dev}, {test}, [{alpha}])"
        observe(name, submission.tune(train, dev, test, [alpha]), CLOSE)
    grammar = Grammar(draw)
    for alpha in (0.05, 3.0):
        train, dev, test = grammar.words(50, 0.1), grammar.words(12, 0.2), grammar.words(17, 0.4)
        observe(f"tune(50 words, 12 words, 17 words, [{alpha}])", submission.tune(train, dev, test, [alpha]), CLOSE)


def test_choice(submission, draw, observe):
    """With several: the one that is best on dev, wherever it stands in the list"""
    for noise_dev, noise_test in ((0.15, 0.9), (0.9, 0.1), (0.4, 0.05)):
        grammar = Grammar(draw)
        train, dev, test = grammar.words(80, 0.1), grammar.words(20, noise_dev), grammar.words(20, noise_test)
        alphas = [0.0004, 0.003, 0.025, 0.2, 1.5, 12.0]
        draw.random.shuffle(alphas)
        observe(f"tune(80 words, 20 words, 20 words, {alphas})", submission.tune(train, dev, test, alphas), CLOSE)


def test_once(submission, draw, observe):
    """test is gone through once"""
    grammar = Grammar(draw)
    test = Once(grammar.words(9, 0.3))
    alphas = [0.01, 0.1, 1.0]
    train, dev = grammar.words(30, 0.1), grammar.words(9, 0.3)
    observe("tune(train, dev, test, alphas)", submission.tune(train, dev, test, alphas), CLOSE)
    says = "test was not gone through exactly once."
    observe("how often test is gone through is right", test.times == 1, holds("is_true", says))
