"""Checks for bpe-train: how many merges, which, runs, ties, bytes, pairs that occur once, an early end."""

from itertools import pairwise

from graders.kit import holds

ALL = ["é", "ß", "한", "글", "🙂", "🚀", "a", "b", " "]


def rounds(text, count):
    """For each round: its best pair, how often that occurs, how many pairs occur as often, whether three equal ids
    stand in a row. Only to choose inputs."""
    ids, found = list(text.encode("utf-8")), []
    for new in range(256, 256 + count):
        counts = {}
        for pair in pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        if not counts:
            break
        best = max(counts, key=counts.get)
        run = any(a == b == c for a, b, c in zip(ids, ids[1:], ids[2:], strict=False))
        found.append((best, counts[best], list(counts.values()).count(counts[best]), run))
        out, i = [], 0
        while i < len(ids):
            hit = tuple(ids[i : i + 2]) == best
            out.append(new if hit else ids[i])
            i += 1 + hit
        ids = out
    return found


def text(draw, letters, length, run=False):
    """Letters at random, the first ones more often; no letter twice in a row unless ``run``."""
    out = [letters[0]]
    while len(out) < length:
        c = draw.random.choices(letters, weights=[0.7**i for i in range(len(letters))])[0]
        if run or c != out[-1]:
            out.append(c)
    return "".join(out)


def letters(draw, count):
    return draw.random.sample("abcdefghijklmnopqrstuvwxyz", count)


def frequent(data, most=80):
    """So many merges of the text have a best pair that occurs at least twice."""
    return next((i for i, (_, count, _, _) in enumerate(rounds(data, most)) if count < 2), most)


def clear(draw, merges, runs=False):
    """A text in which no tie decides the first merges, and no run of equal ids unless ``runs``; five use a new id."""
    while True:
        data = text(draw, letters(draw, 5), 300, runs)
        found = rounds(data, merges)
        if (
            all(ties == 1 and (runs or not run) for _, _, ties, run in found)
            and found[-1][1] > 1
            and (merges < 5 or any(max(pair) > 255 for pair, *_ in found))
        ):
            return data


def test_count(submission, draw, observe):
    """There are vocab_size − 256 merges, as pairs of ints in a list"""
    data = text(draw, letters(draw, 6), 200)
    for size in (257, 256, 256 + draw.integer(4, 12)):
        out = submission.train_bpe(data, size)
        observe(f"number of merges for a vocabulary of {size}", len(out))
        kind = type(out) is list and all(type(p) is tuple and [*map(type, p)] == [int, int] for p in out)
        observe("a list of pairs of ints", kind, holds("is_true", "It is not a list of pairs (tuples) of two ints."))


def test_merges(submission, draw, observe):
    """Each merge is the most frequent pair of the sequence as the merges before it have left it"""
    for merges in (1, 2, 5):
        data = clear(draw, merges)
        observe(f"the first {merges} merges", submission.train_bpe(data, 256 + merges))


def test_runs(submission, draw, observe):
    """Pairs overlap where they are counted, not where they are merged"""
    a, b, c = letters(draw, 3)
    observe("a run against three pairs", submission.train_bpe(a * 5 + (b + c) * 3 + b, 257))
    observe("a run that leaves one over", submission.train_bpe(a * 7 + b, 258))
    observe("3 merges among runs", submission.train_bpe(clear(draw, 3, runs=True), 259))


def test_ties(submission, draw, observe):
    """Among equally frequent pairs, the one that now occurs first is merged"""
    for length in (60, 90, 120, 150):
        data = text(draw, letters(draw, 6), length)
        merges = frequent(data)
        observe(f"{merges} merges of a text of {length}", submission.train_bpe(data, 256 + merges))


def test_bytes(submission, draw, observe):
    """It works on UTF-8 bytes, whatever the language"""
    for chars in (["é", "ü", "ß"], ["한", "글", "字"], ALL):
        data = text(draw, draw.random.sample(chars, len(chars)), 60)
        observe(f"merges of a text of {''.join(sorted(chars))}", submission.train_bpe(data, 256 + frequent(data)))


def test_once(submission, draw, observe):
    """A pair that occurs only once is merged too"""
    names = letters(draw, 9)
    observe("three merges of nine different letters", submission.train_bpe("".join(names), 259))
    data = text(draw, names[:4], 40)
    observe("more merges than pairs that occur twice", submission.train_bpe(data, 256 + frequent(data) + 3))


def test_early_end(submission, draw, observe):
    """It ends when fewer than two ids are left; an empty text and one letter have no merges"""
    a, b = letters(draw, 2)
    for data in ("", a, a + b, a + a + a):
        observe(f"merges of {data!r} for a vocabulary of 300", submission.train_bpe(data, 300))
    data = text(draw, letters(draw, 4), draw.integer(9, 14))
    observe(f"all merges of {data!r}", submission.train_bpe(data, 300))
