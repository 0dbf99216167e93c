"""Checks for split-no-leak: the form, nothing twice and nothing lost, sizes, chance, the seed, other generators."""

import random

import numpy as np
import torch

from graders.kit import holds

TWICE = "A number is in two places: in two parts, or twice in one."
LOST = "A number is in no part at all, or one is there that is not below n."
SIZES = "A part is larger or smaller than n · frac by more than 1."


def form(part):
    """What a part is, in words."""
    if not isinstance(part, torch.Tensor):
        return type(part).__name__
    return f"{part.dim()}-D {str(part.dtype).removeprefix('torch.')} tensor"


def numbers(parts):
    return [i for part in parts for i in part.tolist()]


def shares(draw, count):
    """Shares of different size, none below a tenth."""
    weights = [draw.number(1, 3) for _ in range(count)]
    return [w / sum(weights) for w in weights]


def cases(draw):
    yield 11, [1 / 3] * 3
    yield 10, [1 / 3] * 3
    yield 50, [0.1] * 10
    yield 59, [0.1] * 10
    yield 100, [0.8, 0.1, 0.1]
    yield draw.integer(60, 200), shares(draw, draw.integer(2, 5))


def test_form(submission, draw, observe):
    """One int64 tensor for each share, also where it is empty"""
    seed = draw.integer(0, 10**6)
    for n, fracs in ((10, [0.8, 0.1, 0.1]), (7, [0.5, 0.0, 0.5]), (1, [0.7, 0.3])):
        parts = submission.split_indices(n, fracs, seed)
        observe(f"the parts of {n} items, shares {fracs}", [form(part) for part in parts])


def test_complete(submission, draw, observe):
    """Every number is in exactly one part"""
    for n, fracs in cases(draw):
        found = numbers(submission.split_indices(n, fracs, draw.integer(0, 10**6)))
        name = f"{n} items in {len(fracs)} parts"
        observe(f"nothing twice, {name}", len(found) == len(set(found)), holds("is_true", TWICE))
        observe(f"nothing lost, {name}", set(found) == set(range(n)), holds("is_true", LOST))


def test_sizes(submission, draw, observe):
    """Each part has its share, within 1"""
    for n, fracs in cases(draw):
        parts = submission.split_indices(n, fracs, draw.integer(0, 10**6))
        near = all(abs(len(part) - n * frac) <= 1 + 1e-6 for part, frac in zip(parts, fracs, strict=True))
        observe(f"the sizes of {n} items in {len(fracs)} parts", near, holds("is_true", SIZES))


def test_chance(submission, draw, observe):
    """Chance decides who is in which part: no part is a block of neighbors"""
    for fracs in ([0.5, 0.5], [0.6, 0.25, 0.15]):
        n = draw.integer(100, 200)
        parts = submission.split_indices(n, fracs, draw.integer(0, 10**6))
        cut = numbers(parts) == list(range(n))
        observe(f"{n} items, the order", not cut, holds("is_true", "The parts are 0 … n − 1, cut in order."))
        spans = [int(part.max() - part.min()) + 1 for part in parts]
        block = any(span == len(part) for span, part in zip(spans, parts, strict=True))
        observe(f"{n} items, the parts", not block, holds("is_true", "A part is a block of neighbors."))


def test_seed(submission, draw, observe):
    """The same seed gives the same parts, another seed other ones"""
    n, fracs = draw.integer(100, 200), [0.6, 0.4]
    for seed in (0, draw.integer(1, 10**6)):
        torch.manual_seed(draw.integer(0, 10**6))
        one = submission.split_indices(n, fracs, seed)
        torch.manual_seed(draw.integer(0, 10**6))
        again = submission.split_indices(n, fracs, seed)
        other = submission.split_indices(n, fracs, seed + 1)
        same = all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
        observe(f"seed {seed} twice", same, holds("is_true", "The same seed gave two different splits."))
        differs = set(one[0].tolist()) != set(other[0].tolist())
        observe(f"seeds {seed} and {seed + 1}", differs, holds("is_true", "Two seeds gave the same split."))


def test_global(submission, draw, observe):
    """The global generators of torch, NumPy and random are where they were"""
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1:3]
    submission.split_indices(draw.integer(20, 60), [0.8, 0.2], draw.integer(0, 10**6))
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1:3]
    untouched = {
        "torch's": torch.equal(before[0], after[0]),
        "random's": before[1] == after[1],
        "NumPy's": before[2][1] == after[2][1] and bool((before[2][0] == after[2][0]).all()),
    }
    for name, same in untouched.items():
        observe(f"{name} generator", same, holds("is_true", f"The call has moved {name} global generator."))
