"""Checks for row-normalise: a square table, others, smoothing, empty rows, small totals, memory layout."""


def table(draw, rows, columns, low=1):
    return draw.integers(low, 20, rows, columns)


def test_square(submission, draw, observe):
    """On a square table, each row is divided by its own sum"""
    for n in draw.sizes(2, low=3):
        observe.call(f"row_normalise(counts [{n}, {n}])", submission.row_normalise, table(draw, n, n))


def test_rectangular(submission, draw, observe):
    """On tables of any other shape too, down to one row and one column"""
    a, b = draw.sizes(2, low=3)
    for rows, columns in ((a, b), (b, a), (1, a), (b, 1), (1, 1)):
        counts = table(draw, rows, columns)
        observe.call(f"row_normalise(counts [{rows}, {columns}])", submission.row_normalise, counts)


def test_alpha(submission, draw, observe):
    """alpha is added to every count, and the rows still sum to 1"""
    for alpha in (1.0, draw.number(0.3, 0.9), draw.number(3, 8), 1):
        a, b = draw.sizes(2, low=3)
        counts = table(draw, a, b, low=0)
        counts[:, 0] += 1
        observe.call(f"row_normalise(counts, alpha={alpha:.3g})", submission.row_normalise, counts, alpha)


def test_empty_row(submission, draw, observe):
    """A row without counts gives zeros, and leaves the other rows alone"""
    a, b = draw.sizes(2, low=3)
    counts = table(draw, a, b)
    counts[draw.integer(0, a - 1)] = 0
    observe.call("row_normalise(one row is all zeros)", submission.row_normalise, counts)
    observe.call("row_normalise(all rows are zeros)", submission.row_normalise, counts * 0)


def test_small_alpha(submission, draw, observe):
    """With alpha above 0, a row without counts is uniform, however small alpha is"""
    for alpha in (0.5, 0.01, 0.001):
        a, b = draw.sizes(2, low=3)
        counts = table(draw, a, b)
        counts[draw.integer(0, a - 1)] = 0
        observe.call(f"row_normalise(one row is all zeros, alpha={alpha})", submission.row_normalise, counts, alpha)


def test_memory(submission, draw, observe):
    """A transposed or strided table gives the same; large counts too"""
    a, b = draw.sizes(2, low=3)
    observe.call("row_normalise(counts transposed)", submission.row_normalise, table(draw, a, b).t(), 0.5)
    observe.call("row_normalise(strided counts)", submission.row_normalise, draw.strided(table(draw, a, b)), 0.5)
    observe.call("row_normalise(counts up to a million)", submission.row_normalise, draw.integers(0, 10**6, a, b))
