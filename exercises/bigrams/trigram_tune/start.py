"""A trigram model: counted on one set of words, tuned on a second, measured once on a third."""

from collections.abc import Iterable

import torch

V = 27  # the boundary "." has the id 0, the letters a … z have 1 … 26


def symbols(word: str) -> list[int]:
    """The ids of a word with its boundaries: two in front, so that its first letter has a context, and one behind.

    "ab" becomes [0, 0, 1, 2, 0]: its three trigrams are (0, 0, 1), (0, 1, 2) and (1, 2, 0). Ours, complete.
    """
    return [0, 0, *(ord(letter) - 96 for letter in word), 0]


def loss(counts: torch.Tensor, words: Iterable[str], alpha: float) -> float:
    """The mean of −ln p over all symbols that are predicted in the words; p is the model's, smoothed with alpha."""
    raise NotImplementedError  # TODO


def tune(train: list[str], dev: list[str], test: Iterable[str], alphas: list[float]) -> dict[str, float]:
    """Choose the smoothing of a trigram model, and measure the chosen model.

    train: the words that the trigrams are counted in, and nothing else
    dev: the words on which the alphas are compared
    test: the words for the final number; it is gone through once, whatever the number of alphas
    alphas: one or more candidates, positive floats; any order
    returns: {"alpha": the element of alphas with the lowest loss on dev (the first such), "dev": its loss on dev,
        "test": its loss on test}; losses as Python floats

    The model: after the symbols a, b comes c with probability

        p(c | a, b) = (count of a, b, c + alpha) / (count of all trigrams that begin with a, b + 27 · alpha)

    The loss on some words: the mean of −ln p over all symbols that are predicted, len(word) + 1 for each word.
    train, dev and test hold at least one word each, of the letters a … z.

    Example: tune(["a"], ["a"], ["b"], [1.0]): p(a | ..) = 2/28, p(. | .a) = 2/28, so "dev" is ln 14 = 2.639…;
    p(b | ..) = 1/28, p(. | .b) = 1/27, so "test" is (ln 28 + ln 27) / 2 = 3.314…
    """
    counts = torch.zeros(V, V, V)
    for word in train:
        symbols(word)  # TODO: add 1 to counts for each trigram
    # TODO: which alpha?
    return {"alpha": alphas[0], "dev": loss(counts, dev, alphas[0]), "test": loss(counts, test, alphas[0])}
