"""Checks for bpe-fast: merges, runs, ties, bytes, ends, speed."""

import time
from itertools import pairwise

from graders.kit import at_most

WANTED = 4
MERGES, SAMPLE = 150, 20
SLOW = "It is not faster than the naive trainer by as much as was asked."


def slow(data, vocab_size, note=None):
    """The naive trainer, for the clock and to choose inputs: ``note`` collects each round's counts and ids."""
    ids, merges = list(data.encode("utf-8")), []
    while len(ids) > 1 and 256 + len(merges) < vocab_size:
        counts = {}
        for pair in pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        best = max(counts, key=counts.get)
        if note is not None:
            run = any(a == b == c for a, b, c in zip(ids, ids[1:], ids[2:], strict=False))
            note.append((counts[best], list(counts.values()).count(counts[best]), run))
        out, i = [], 0
        while i < len(ids):
            hit = tuple(ids[i : i + 2]) == best
            out.append(256 + len(merges) if hit else ids[i])
            i += 2 if hit else 1
        ids = out
        merges.append(best)
    return merges


def letters(draw, count):
    return draw.random.sample("abcdefghijklmnopqrstuvwxyz", count)


def text(draw, names, length, run=False):
    """Letters at random, the first ones more often; no letter twice in a row unless ``run``."""
    out = [names[0]]
    while len(out) < length:
        c = draw.random.choices(names, weights=[0.7**i for i in range(len(names))])[0]
        if run or c != out[-1]:
            out.append(c)
    return "".join(out)


def clear(draw):
    """A text of words among which no tie decides the first five merges: each kind of neighbor of a merge counts."""
    a, b, c, x, p, q, r, *others = draw.random.sample("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 47)
    counts = {a + b + c: 20, x + a + b: 13, a + b + p + q: 8, p + q: 10, b + c: 2, p + r: 5}
    words = [word for word, n in counts.items() for _ in range(n)]
    while True:
        draw.random.shuffle(words)
        data, found = "".join(draw.random.choice(others) + word for word in words), []
        slow(data, 261, found)
        if all(ties == 1 and not run for _, ties, run in found) and found[-1][0] == 8:
            return data


def frequent(data):
    """So many merges of the text have a best pair that occurs at least twice."""
    found = []
    slow(data, 356, found)
    return next((i for i, (count, *_) in enumerate(found) if count < 2), len(found))


def test_merges(submission, draw, observe):
    """The merges are those of counting from scratch in every round"""
    for merges in (1, 2, 5, 5):
        data = clear(draw)
        observe(f"the first {merges} merges", submission.train_bpe_fast(data, 256 + merges))
    observe("no merges for a vocabulary of 256", submission.train_bpe_fast(data, 256))


def test_runs(submission, draw, observe):
    """Pairs overlap where they are counted, not where they are merged"""
    a, b, c = letters(draw, 3)
    observe("runs of three", submission.train_bpe_fast((a * 3 + b) * 5 + (c + a + b) * 2, 259))
    observe("a run of eight", submission.train_bpe_fast(b + a * 8 + b, 258))
    observe("a run of 31", submission.train_bpe_fast(a * 31, 259))
    observe("runs of three and of two", submission.train_bpe_fast((a * 3 + b + a * 2 + c) * 4 + (b + a * 2) * 9, 257))


def test_ties(submission, draw, observe):
    """Among equally frequent pairs, the one that now occurs first is merged"""
    for length, run in ((60, False), (120, False), (150, True), (250, True)):
        data = text(draw, letters(draw, 6), length, run)
        merges = frequent(data)
        observe(f"{merges} merges of a text of {length}", submission.train_bpe_fast(data, 256 + merges))


def test_bytes(submission, draw, observe):
    """It works on UTF-8 bytes, whatever the language"""
    for chars in ("éüß", "한글字", "éß한글🙂🚀ab "):
        data = text(draw, draw.random.sample(chars, len(chars)), 80, True)
        observe(f"merges of a text of {chars}", submission.train_bpe_fast(data, 256 + frequent(data)))


def test_ends(submission, draw, observe):
    """Pairs that occur once are merged; it ends when fewer than two ids are left"""
    names = letters(draw, 9)
    observe("three merges of nine different letters", submission.train_bpe_fast("".join(names), 259))
    for data in ("", names[0], names[0] + names[1], names[0] * 3):
        observe(f"merges of {data!r} for a vocabulary of 300", submission.train_bpe_fast(data, 300))
    data = text(draw, names[:4], draw.integer(20, 30), True)
    observe(f"all merges of {data!r}", submission.train_bpe_fast(data, 300))


def corpus(draw, length):
    """Made-up words, the first ones far more often, with spaces between."""
    words = ["".join(draw.random.choices("etaoinshrdlucmfwypvbgk", k=draw.integer(1, 9))) for _ in range(1500)]
    weights = [1 / (i + 2) for i in range(len(words))]
    return " ".join(draw.random.choices(words, weights=weights, k=length // 4))[:length]


def seconds(function, *args):
    """CPU time of one call, whatever thread it is spent in."""
    begun = time.process_time()
    function(*args)
    return max(time.process_time() - begun, 1e-9)


def test_speed(submission, draw, observe):
    """On 30,000 letters and 150 merges it is at least 4 times as fast as counting from scratch"""
    data = corpus(draw, 30_000)
    share = float("inf")
    for _ in range(3):  # the clock of a busy machine gets a second and a third chance; what is far off does not
        naive = seconds(slow, data, 256 + SAMPLE) / SAMPLE * MERGES
        share = min(share, seconds(submission.train_bpe_fast, data, 256 + MERGES) / naive)
        if share <= 1 / WANTED or share > 2 / WANTED:
            break
    observe("CPU time as a share of the naive trainer's", share, at_most(bound=1 / WANTED, says=SLOW))
