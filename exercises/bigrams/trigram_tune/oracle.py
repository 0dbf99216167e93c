"""The oracle: dictionaries of counts and Python's own logarithm; no tensors."""

import math
from collections import Counter


def tune(train, dev, test, alphas):
    three, two = Counter(), Counter()
    for word in train:
        marked = ".." + word + "."
        for i in range(2, len(marked)):
            three[marked[i - 2 : i + 1]] += 1
            two[marked[i - 2 : i]] += 1

    def loss(words, alpha):
        total = n = 0
        for word in words:
            marked = ".." + word + "."
            for i in range(2, len(marked)):
                p = (three[marked[i - 2 : i + 1]] + alpha) / (two[marked[i - 2 : i]] + 27 * alpha)
                total, n = total - math.log(p), n + 1
        return total / n

    losses = [loss(dev, alpha) for alpha in alphas]
    chosen = losses.index(min(losses))
    return {"test": loss(test, alphas[chosen]), "alpha": alphas[chosen], "dev": losses[chosen]}
