"""Checks for pair-merge: counts, counts in runs, merging, merging in runs, ends, whose list it is."""

from graders.kit import holds

TOUCHED = "The list that was passed in has been changed. The caller still needs it as it was."
SAME = "The list that was passed in came back: a new one was asked for, also when nothing is replaced."


def symbols(draw, count, low=0, high=1000):
    """Different ids, small and large."""
    return draw.random.sample(range(low, high), count)


def walk(draw, names, length):
    """A list of names in which no two neighbors are equal."""
    ids = [draw.random.choice(names)]
    while len(ids) < length:
        ids.append(draw.random.choice([n for n in names if n != ids[-1]]))
    return ids


def counted(observe, name, submission, ids):
    """Observe the counts; any kind of dict is one."""
    out = submission.pair_counts(list(ids))
    observe(name, dict(out) if isinstance(out, dict) else out)


def test_counts(submission, draw, observe):
    """Every pair of neighbors is counted, each in its order"""
    for names, length in ((symbols(draw, 3), 24), (symbols(draw, 5), 41), ([0, 1], 7), (symbols(draw, 2), 2)):
        counted(observe, f"pair_counts of {length} ids", submission, walk(draw, names, length))


def test_runs(submission, draw, observe):
    """In a run of equal ids the pairs overlap"""
    a, b, c = symbols(draw, 3)
    for run in (3, draw.integer(4, 9)):
        counted(observe, f"pair_counts of a run of {run}", submission, [a] * run)
        counted(observe, "of runs among others", submission, [b, *[a] * run, c, *[a] * 3, b, b, b, b])


def test_merge(submission, draw, observe):
    """Every occurrence of the pair becomes one new id; the others stay"""
    for count, length in ((3, 20), (4, 33)):
        names = symbols(draw, count, high=900)
        a, b, c, *_ = names
        ids = [b, a, a, b, *walk(draw, names, length), a, b, a, c, a, b, b, c]
        observe(f"merge of {len(ids)} ids", submission.merge(ids, (a, b), draw.integer(900, 999)))
    observe("merge with a 0 in the pair", submission.merge([0, 1, 2, 0, 1, 1, 0, 2], (0, 1), 3))
    observe("merge to a smaller id", submission.merge([7, 8, 7, 8, 9, 8, 7, 9], (7, 8), 0))


def test_merge_runs(submission, draw, observe):
    """In a run, one goes from the left, and no id is used twice"""
    a, b, c = symbols(draw, 3, high=900)
    new = draw.integer(900, 999)
    for run in (3, 4, draw.integer(5, 9)):
        observe(f"merge in a run of {run}", submission.merge([a] * run, (a, a), new))
        observe("merge in runs among others", submission.merge([b, *[a] * run, c, *[a] * 3, b, a], (a, a), new))


def test_ends(submission, draw, observe):
    """No ids, one, the pair alone; a list that ends with the pair, or with half of it"""
    a, b, c = symbols(draw, 3, high=900)
    new = draw.integer(900, 999)
    for ids in ([], [a]):
        counted(observe, f"pair_counts of {len(ids)} ids", submission, ids)
    for name, ids in (
        ("no ids", []),
        ("one id", [a]),
        ("the pair alone", [a, b]),
        ("the pair at the end", [c, b, a, b]),
        ("half of it at the end", [c, a, b, c, a]),
        ("the pair nowhere", [b, a, c, b, c, a]),
    ):
        observe(f"merge, {name}", submission.merge(list(ids), (a, b), new))


def test_arguments(submission, draw, observe):
    """The list that was passed in stays as it was, and the result is another one"""
    a, b, c = symbols(draw, 3, high=900)
    for name, pair in (("with hits", (a, b)), ("without a hit", (c, c))):
        ids = [a, b, *walk(draw, [a, b, c], 9), a, b]
        before = list(ids)
        submission.pair_counts(ids)
        observe(f"pair_counts, {name}: the list stays", ids == before, holds("is_true", TOUCHED))
        out = submission.merge(ids, pair, 999)
        observe(f"merge, {name}: the list stays", ids == before, holds("is_true", TOUCHED))
        observe(f"merge, {name}: a new list", out is not ids, holds("is_true", SAME))
