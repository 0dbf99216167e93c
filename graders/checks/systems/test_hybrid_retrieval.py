"""Checks for hybrid-retrieval: scores by words, then directions, then fusion, then the cut; each from plain to odd."""

import itertools
from fractions import Fraction

import torch

SHORT = ["pump", "hall", "leak", "seal", "tank", "pipe", "hose"]  # four letters each
NAMES = ["pump", "valve", "hall", "seven", "leak", "north", "motor", "gasket", "oil", "blue", "heat", "fan", "drum"]


def text(draw, length, words=NAMES):
    return " ".join(draw.random.choice(words) for _ in range(length))


def fused(rankings):
    """The exact sums of a fusion, to see how near to each other they come."""
    sums = {}
    for ranking in rankings:
        for rank, doc in enumerate(ranking, 1):
            sums[doc] = sums.get(doc, 0) + Fraction(1, 60 + rank)
    return sums


def clear(rankings):
    """No two documents with sums so near that rounding decides."""
    sums = sorted(fused(rankings).values())
    return all(b - a > Fraction(1, 10**9) for a, b in itertools.pairwise(sums))


def test_bm25(submission, draw, observe):
    """Documents of equal length: rare words count more, many occurrences count less and less"""
    for _ in range(3):
        length = draw.integer(6, 9)
        docs = [text(draw, length, SHORT) for _ in range(draw.integer(5, 7))]
        docs += [" ".join([SHORT[0]] * count + (SHORT * 2)[1 : 1 + length - count]) for count in (1, 2, 5)]
        observe.call("bm25(one common word)", submission.bm25, SHORT[0], docs)
        observe.call("bm25(three words)", submission.bm25, " ".join(draw.random.sample(SHORT, 3)), docs)
        observe.call("bm25(a word that stands nowhere)", submission.bm25, "zebra", docs)


def test_bm25_lengths(submission, draw, observe):
    """Documents of different lengths: a long one must say a word more often"""
    for _ in range(2):
        docs = [text(draw, n) for n in (4, 9, 25, draw.integer(40, 60))] + [NAMES[3]]
        docs += [NAMES[3] + " " + text(draw, n) for n in (1, 30)]
        draw.random.shuffle(docs)
        observe.call("bm25(two words)", submission.bm25, f"{NAMES[3]} {draw.random.choice(NAMES[4:])}", docs)
    observe.call("bm25(…, one document)", submission.bm25, NAMES[0], [text(draw, 5) + " " + NAMES[0]])


def test_bm25_words(submission, draw, observe):
    """White space of any kind parts words, case counts, parts of words do not; one asked twice counts twice"""
    docs = ["start of  the art", "Art\tof the\nstart", "the  tart heart", "ART art Art art", " art ", "", "\n"]
    draw.random.shuffle(docs)
    for query in ("art", "Art the", "art  art\nstart", "the\tart", " the the heart the "):
        observe.call(f"bm25({query!r}, …)", submission.bm25, query, docs)
    observe("bm25(an empty query, …)", [float(score) for score in submission.bm25("", docs)])  # an empty sum is an int


def directions(draw, n, d):
    """A query and documents, no two with nearly the same cosine, of very different lengths."""
    while True:
        q, docs = draw.normal(d), draw.normal(n, d) * draw.uniform(n, 1, low=0.2, high=5)
        cosines = torch.nn.functional.cosine_similarity(docs.double(), q.double()[None]).sort().values
        if n == 1 or float(cosines.diff().min()) > 1e-4:
            return q, docs


def test_dense(submission, draw, observe):
    """The largest cosines first, whatever the lengths of the vectors; as Python ints"""
    for n, d in ((12, 5), (9, 7), (30, 4)):
        q, docs = directions(draw, n, d)
        observe.call(f"dense_topk(q, docs [{n}, {d}], {n})", submission.dense_topk, q, docs, n)
        observe.call(f"dense_topk(q, docs [{n}, {d}], 3)", submission.dense_topk, q, docs, 3)


def test_dense_ends(submission, draw, observe):
    """k = 1, k above N, one document, one dimension, memory with gaps, float64"""
    q, docs = directions(draw, 7, 5)
    for k in (1, 7, 50):
        observe.call(f"dense_topk(q, docs [7, 5], {k})", submission.dense_topk, q, docs, k)
    observe.call("one document", submission.dense_topk, *directions(draw, 1, 5), 2)
    observe.call("one dimension", submission.dense_topk, torch.tensor([-2.0]), torch.tensor([[1.0], [-4.0]]), 2)
    observe.call("strided", submission.dense_topk, draw.strided(q), draw.strided(docs), 4)
    observe.call("float64", submission.dense_topk, q.double(), docs.double(), 4)


def test_dense_ties(submission, draw, observe):
    """Of equal cosines the lower number comes first"""
    for n in (20, 40):
        signs = draw.integers(0, 2, n, 16) * 2 - 1
        signs[1::3] = signs[0]
        sizes = 2.0 ** draw.integers(-2, 3, n, 1)
        q = 2.0 * (draw.integers(0, 2, 16) * 2 - 1)
        observe.call(f"dense_topk(q, docs [{n}, 16] with equals, {n})", submission.dense_topk, q, signs * sizes, n)


def test_rrf_small(submission, draw, observe):
    """Sums of 1 / (60 + rank), the largest first; documents may be missing in a list"""
    names = list("abcdefgh")
    done = 0
    while done < 20:
        rankings = [draw.random.sample(names, draw.integer(3, 8)) for _ in range(3)]
        if not clear(rankings):
            continue
        done += 1
        before = [list(each) for each in rankings]
        observe(f"rrf({rankings})", submission.rrf(rankings))
        observe("the lists stay as they were", rankings == before)
    observe("rrf of one list", submission.rrf([draw.random.sample(names, 5)]))
    observe("rrf of an empty list and another", submission.rrf([[], draw.random.sample(names, 4)]))


def test_rrf(submission, draw, observe):
    """Long lists, in which a rank more or less shows"""
    done = 0
    while done < 4:
        rankings = [draw.random.sample(range(90), draw.integer(50, 70)) for _ in range(draw.integer(3, 4))]
        if clear(rankings):
            done += 1
            observe(f"rrf of {len(rankings)} long lists", submission.rrf(rankings))


def test_rrf_ties(submission, draw, observe):
    """Of equal sums the document that is met first comes first; names need not be strings"""
    names = [f"{draw.random.choice('pqxyz')}{i}" for i in range(8)]
    draw.random.shuffle(names)
    observe("two lists, one the other's mirror", submission.rrf([names, names[::-1]]))
    observe("two lists with nothing in common", submission.rrf([names[:4], names[4:]]))
    ids = draw.random.sample(range(1000), 6)
    observe("numbers for names", submission.rrf([ids[:3], ids[3:]]))
    observe("no list", submission.rrf([]))


def test_autocut(submission, draw, observe):
    """What stands before the largest difference between neighbors"""
    found = []
    for _ in range(30):
        scores = sorted((draw.number(-5, 10) for _ in range(draw.integer(2, 9))), reverse=True)
        found.append(submission.autocut(scores))
    observe("30 lists of scores", found)


def test_autocut_ends(submission, draw, observe):
    """Equal drops: the first of them; equal scores; one score; none"""
    step = 2.0 ** draw.integer(-2, 3)
    for steps in ((1, 3, 3, 1), (2, 1, 2), (1, 1, 1), (0, 0), (3, 2, 3, 3)):
        scores = [20.0 * step]
        for each in steps:
            scores.append(scores[-1] - each * step)
        observe(f"autocut({scores})", submission.autocut(scores))
    observe("autocut of one score", submission.autocut([draw.number(-3, 3)]))
    observe("autocut of none", submission.autocut([]))
