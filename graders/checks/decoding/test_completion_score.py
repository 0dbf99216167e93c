"""Checks for completion-score: one case, then many in which mean and sum disagree, then unusual shapes."""

import torch

CASES = 60


def texts(draw, n, longest, v, scale=1.5):
    """Logits, tokens and mask of n texts of different lengths; beginnings of 1 to 3 tokens."""
    begin = draw.integer(1, 3)
    lengths = [draw.integer(1, longest) for _ in range(n)]
    lengths[draw.integer(0, n - 1)] = longest
    T = begin + longest
    logits = draw.normal(n, T, v, scale=scale)
    tokens = draw.integers(0, v, n, T)
    tokens[:, :begin] = tokens[0, :begin].clone()  # one beginning, many endings
    mask = torch.zeros(n, T, dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, begin : begin + length] = 1
    return logits, tokens, mask


def clear(logits, tokens, mask, apart=True):
    """Is the best ending better than the second by far more than rounding, and (``apart``) another by mean and sum?"""
    chosen = []
    losses = -logits.double().log_softmax(-1)[:, :-1].gather(2, tokens[:, 1:, None])[..., 0]
    total = (losses * mask[:, 1:]).sum(1)
    for each in (total / mask[:, 1:].sum(1), total):
        two = each.topk(min(2, len(each)), largest=False)
        if len(each) > 1 and float(two.values[1] - two.values[0]) < 1e-3:
            return False
        chosen.append(int(two.indices[0]))
    return chosen[0] != chosen[1] or not apart


def case(draw, n, longest, v, apart=True):
    while True:
        drawn = texts(draw, n, longest, v)
        if clear(*drawn, apart):
            return drawn


def test_one_case(submission, draw, observe):
    """Two Python ints: the best ending by the mean, and by the sum"""
    logits, tokens, mask = case(draw, 4, 7, 11)
    out = submission.score(logits, tokens, mask)
    observe("what comes back", [type(out).__name__, *(type(v).__name__ for v in out)])


def test_endings(submission, draw, observe):
    """Sixty sets of endings of unequal length, in which mean and sum disagree"""
    found = []
    for number in range(CASES):
        logits, tokens, mask = case(draw, 3 + number % 4, 5 + number % 3, 9)
        found.append(list(submission.score(logits, tokens, mask)))
    observe(f"(by mean, by sum) of {CASES} sets of endings", found)


def test_shapes(submission, draw, observe):
    """Endings of one token, one text alone, two tokens in all, float64, memory with gaps"""
    for n, longest in ((5, 1), (1, 4), (2, 2), (9, 12)):
        logits, tokens, mask = case(draw, n, longest, 7, apart=False)
        observe.call(f"{n} texts, endings of {longest} at most", submission.score, logits, tokens, mask)
    logits, tokens, mask = case(draw, 4, 5, 8)
    observe.call("float64", submission.score, logits.double(), tokens, mask)
    observe.call("strided", submission.score, draw.strided(logits), draw.strided(tokens), draw.strided(mask))
