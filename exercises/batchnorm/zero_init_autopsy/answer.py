"""The reference: run the three steps and look (`QUESTIONS` is handed to this file alone)."""

import math

import torch

SHAPES = {"E": (5, 3), "W1": (3, 4), "b1": (4,), "W2": (4, 5), "b2": (5,)}


def reached(act, zero):
    torch.manual_seed(0)
    t = {n: torch.zeros(s) if n in zero.split() else torch.randn(s) for n, s in SHAPES.items()}
    x, y = torch.tensor([0, 1, 2, 3, 4, 0, 1]), torch.tensor([1, 2, 2, 3, 2, 1, 4])
    found = []
    for _ in range(3):
        t = {n: p.detach().requires_grad_() for n, p in t.items()}
        h = act(t["E"][x] @ t["W1"] + t["b1"])
        loss = torch.nn.functional.cross_entropy(h @ t["W2"] + t["b2"], y)
        grads = torch.autograd.grad(loss, [*t.values()])
        found.append(" ".join(n for n, g in zip(t, grads) if g.any()))
        t = {n: p - 0.1 * g for (n, p), g in zip(t.items(), grads)}
    return found


def bits_of(V, y, when):
    if when == "before step 1":
        return math.log2(V)
    shares = [y.count(letter) / len(y) for letter in set(y)]  # only b2 moves: letter frequencies
    return -sum(p * math.log2(p) for p in shares)


def evaluate(question: str):
    names = {"torch": torch}
    exec(question, names)
    if "bits" in names:
        return bits_of(names["V"], names["y"], names["bits"])
    return reached(names["act"], names["zero"])


def answers():
    return [evaluate(question) for question in QUESTIONS]
