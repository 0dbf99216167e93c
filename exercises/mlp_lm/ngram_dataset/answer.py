"""The reference: a context that slides along each word, begun anew for the next one."""

import torch


def build(words, k, stoi):
    contexts, targets = [], []
    for word in words:
        context = [0] * k
        for symbol in word + ".":
            new = stoi[symbol]
            contexts.append(context)
            targets.append(new)
            context = [*context[1:], new]  # another list: the one before has been kept
    X = torch.tensor(contexts, dtype=torch.int64).view(-1, k)
    return X, torch.tensor(targets, dtype=torch.int64)
