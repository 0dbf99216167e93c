"""Checks for sample-names: tables without chance, the longest names, the law of the draws, the generator."""

import random
from itertools import pairwise

import torch

from graders.kit import holds


def certain(v, path):
    """A table in which symbol path[k] is always followed by path[k + 1], the last by the first."""
    P = torch.zeros(v, v)
    for a, b in zip(path, path[1:] + path[:1], strict=True):
        P[a, b] = 1
    for i in set(range(v)) - set(path):
        P[i, i] = 1
    return P


def table(draw, v, end=12, dtype=torch.float32):
    """Rows in 64ths: their running sums have no rounding. P[0, 0] is positive, one other entry of each row is 0."""
    rows = []
    for i in range(v):
        parts = [2] * v
        parts[0], parts[(i + 1) % v or 1] = end if i else 6, 0
        for _ in range(64 - sum(parts)):
            parts[draw.random.choice([j for j in range(1, v) if parts[j]])] += 1
        rows.append(parts)
    return torch.tensor(rows, dtype=dtype) / 64


def generator(draw):
    return torch.Generator().manual_seed(draw.integer(0, 2**31))


def test_certain(submission, draw, observe):
    """Where P leaves nothing to chance, the names are known: n of them, from boundary to boundary"""
    letters = draw.random.sample(range(1, 7), 4)
    for path in ([0, *letters], [0, *letters[:1]], [0], [0, 26, 1, 13]):
        P = certain(7 if max(path) < 7 else 27, path)
        steps = " → ".join(map(str, [*path, 0]))
        observe.call(f"sample(P, 3, gen), always {steps}", submission.sample, P, 3, generator(draw))
    observe.call("sample(P, 0, gen)", submission.sample, P, 0, generator(draw))
    observe.call("sample(P float64, 1, gen)", submission.sample, P.double(), 1, generator(draw))


def test_max_len(submission, draw, observe):
    """A name that never ends is cut after max_len letters, 100 if nothing is said, and the next one begins anew"""
    loop = draw.random.sample(range(1, 7), 3)
    P = certain(7, loop)
    P[0] = torch.eye(7)[loop[0]]
    for longest in (1, 4, 8):
        observe.call(f"sample(P without an end, 3, gen, {longest})", submission.sample, P, 3, generator(draw), longest)
    observe.call("sample(P without an end, 2, gen)", submission.sample, P, 2, generator(draw))
    path = [0, *draw.random.sample(range(1, 7), 4)]
    for longest in (3, 4, 5):
        name = f"sample(P, names of four letters, 2, gen, max_len={longest})"
        observe.call(name, submission.sample, certain(7, path), 2, generator(draw), max_len=longest)


def test_law(submission, draw, observe):
    """Symbols follow each other as often as P says, and never where P says 0"""
    v = draw.integer(5, 7)
    P = table(draw, v)
    names = submission.sample(P, 1500, generator(draw), 40)
    observe("1,500 names", len(names))
    seen = torch.zeros(v, v, dtype=torch.float64)
    for name in names:
        path = [0, *(ord(letter) - 96 for letter in name), *([0] if len(name) < 40 else [])]
        for a, b in pairwise(path):
            seen[a, b] += 1
    p, n = P.double(), seen.sum(1, keepdim=True)
    never = seen[P == 0].sum().item() == 0
    observe("nothing impossible", never, holds("is_true", "Pairs were drawn whose probability is 0."))
    near = (seen - n * p).abs() <= 7 * (n * p * (1 - p)).sqrt() + 8
    says = "Some symbol follows a letter much more or much less often than P says."
    observe("what follows the letters", bool(near[1:].all()), holds("is_true", says))
    says = "Some letter begins names, or names are empty, much more or much less often than P[0] says."
    observe("what follows the boundary", bool(near[0].all()), holds("is_true", says))


def test_generator(submission, draw, observe):
    """All chance comes from gen: equal generators, equal names; the same one goes on; the global state is untouched"""
    P = table(draw, draw.integer(6, 9), end=6)
    seed = draw.integer(0, 2**31)
    one, two = (torch.Generator().manual_seed(seed) for _ in range(2))
    torch_state, python_state = torch.random.get_rng_state(), random.getstate()
    first, second = submission.sample(P, 30, one), submission.sample(P, 30, one)
    still = torch.equal(torch_state, torch.random.get_rng_state()) and python_state == random.getstate()
    torch.manual_seed(seed // 2)
    same = submission.sample(P, 30, two) == first
    observe("equal generators give equal names", same, holds("is_true", "Two equal generators gave different names."))
    says = "The second call with the same generator gave the names of the first."
    observe("the second call gives others", second != first, holds("is_true", says))
    says = "The state of torch's or Python's global random numbers has changed."
    observe("global random numbers", still, holds("is_true", says))
