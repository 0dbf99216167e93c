"""Checks for logit-filters: by number, by mass, the penalty; one mechanism after the other, then how they follow."""

import torch

NEW = "Nothing was to be removed, and what came back is the very tensor that was passed in."


def rows(draw, b, v, scale=2.0, dtype=torch.float32):
    """Logits without ties: the gaps between the values of a row are far above rounding."""
    steps = torch.stack([torch.randperm(v, generator=draw.generator) for _ in range(b)])
    return ((steps - v / 2 + 0.3 * draw.uniform(b, v, dtype=torch.float64)) * (2 * scale / v)).to(dtype)


def share(draw, logits, low, high):
    """A p in [low, high] from which every running sum of every row keeps its distance: rounding decides nothing."""
    sums = logits.double().softmax(-1).sort(descending=True).values.cumsum(-1)
    while True:
        p = draw.number(low, high)
        if float((sums - p).abs().min()) > 1e-4:
            return p


def test_top_k(submission, draw, observe):
    """top_k keeps the k largest of each row, at their places; all others are -inf"""
    for v in (draw.integer(7, 12), draw.integer(20, 40)):
        b, k = draw.integer(3, 6), draw.integer(2, 5)
        observe.call(f"top_k(logits [{b}, {v}], {k})", submission.top_k, rows(draw, b, v), k)
    b, v = 5, 9
    apart = rows(draw, b, v) + 10.0 * torch.arange(b)[:, None]
    observe.call(f"top_k(rows far apart [{b}, {v}], 3)", submission.top_k, apart, 3)


def test_top_k_ends(submission, draw, observe):
    """k = 1, k = V, k above V; tokens that are out already; memory with gaps"""
    b, v = draw.sizes(2, low=3)
    for k in (1, v - 1, v, v + 1, 10 * v):
        logits = rows(draw, b, v)
        out = observe.call(f"top_k(logits [{b}, {v}], {k})", submission.top_k, logits, k)
        observe.apart(f"top_k(logits, {k}) is a new tensor", out, logits, says=NEW)
    logits = rows(draw, b, 9)
    logits[:, draw.integer(0, 8)] = -torch.inf
    observe.call("top_k(logits with -inf, 4)", submission.top_k, logits, 4)
    observe.call("top_k(strided logits, 3)", submission.top_k, draw.strided(rows(draw, b, 7)), 3)
    observe.call("top_k(one row, 2)", submission.top_k, rows(draw, 1, 6), 2)


def test_top_p(submission, draw, observe):
    """top_p keeps the smallest set of likeliest tokens that reaches p, at their places"""
    for scale, low, high in ((2.0, 0.5, 0.9), (1.0, 0.3, 0.8), (0.5, 0.6, 0.95), (4.0, 0.7, 0.98)):
        b, v = draw.integer(4, 7), draw.integer(8, 13)
        logits = rows(draw, b, v, scale)
        p = share(draw, logits, low, high)
        observe.call(f"top_p(logits [{b}, {v}], {p:.3f})", submission.top_p, logits, p)
    logits = rows(draw, 4, 9)
    logits[1] *= 8  # its best token is above p by itself
    p = share(draw, logits, 0.4, 0.8)
    observe.call(f"top_p(logits with one steep row, {p:.3f})", submission.top_p, logits, p)


def test_top_p_ends(submission, draw, observe):
    """A tiny p keeps one token, p = 1 keeps all; rows that need one token beside rows that need many"""
    for p in (1e-9, 0.01):
        logits = rows(draw, 30, 11)
        observe.call(f"top_p(logits [30, 11], {p})", submission.top_p, logits, p)
    for p in (1.0, 1.5):
        logits = rows(draw, 5, 9, scale=1.0)
        out = observe.call(f"top_p(logits [5, 9], {p})", submission.top_p, logits, p)
        observe.apart(f"top_p(logits, {p}) is a new tensor", out, logits, says=NEW)
    logits = rows(draw, 6, 10) * torch.tensor([0.05, 5, 0.5, 2, 0.1, 1])[:, None]
    observe.call("top_p(flat and steep rows)", submission.top_p, logits, share(draw, logits, 0.5, 0.9))
    logits = draw.strided(rows(draw, 4, 8))
    observe.call("top_p(strided logits)", submission.top_p, logits, share(draw, logits, 0.4, 0.9))
    logits = rows(draw, 1, 7)
    observe.call("top_p(one row)", submission.top_p, logits, share(draw, logits, 0.4, 0.9))


def test_one_after_the_other(submission, draw, observe):
    """top_p after top_k: its probabilities are those of what is left"""
    for k in (3, 5):
        logits = rows(draw, 5, 12, scale=1.0)
        fewer = logits.masked_fill(logits < logits.topk(k).values[:, -1:], -torch.inf)
        p = share(draw, fewer, 0.5, 0.9)
        observe.call(f"top_p(logits with {k} tokens left, {p:.3f})", submission.top_p, fewer, p)
    out = observe.call("top_p(the same, 1.0)", submission.top_p, fewer, 1.0)
    observe("what came back, as a number of tokens", torch.isfinite(out).sum(1))


def test_penalty(submission, draw, observe):
    """What a row has used is lowered: positive logits divided, negative ones multiplied"""
    for r in (1.5, draw.number(1.2, 3.0)):
        b, v = draw.integer(4, 6), draw.integer(35, 45)  # more tokens than all rows together have used
        ids = torch.stack([torch.randperm(v, generator=draw.generator)[:5] for _ in range(b)])
        logits = draw.normal(b, v, scale=2)
        observe.call(
            f"repetition_penalty(logits [{b}, {v}], ids, {r:.3f})", submission.repetition_penalty, logits, ids, r
        )
    logits, ids = draw.normal(3, 6), draw.integers(0, 6, 3, 4)
    out = observe.call("repetition_penalty(…, 1.0)", submission.repetition_penalty, logits, ids, 1.0)
    observe.apart("with r = 1 it is a new tensor", out, logits, says=NEW)


def test_repeated_ids(submission, draw, observe):
    """A token that occurs many times is lowered once"""
    b, v = draw.sizes(2, low=4)
    for t in (1, 3 * v):
        ids = draw.integers(0, v - 1, b, t)
        logits = draw.normal(b, v, scale=0.5)
        observe.call(f"ids [{b}, {t}] over {v} tokens", submission.repetition_penalty, logits, ids, 1.7)


def test_dtype(submission, draw, observe):
    """float64 in, float64 out"""
    logits = rows(draw, 4, 9, dtype=torch.float64)
    observe.call("top_k(float64)", submission.top_k, logits, 3)
    observe.call("top_p(float64)", submission.top_p, logits, share(draw, logits, 0.4, 0.9))
    observe.call("repetition_penalty(float64)", submission.repetition_penalty, logits, draw.integers(0, 9, 4, 3), 1.3)


def test_device(submission, draw, observe):
    """Whatever is made on the way lies where logits is"""
    logits, ids = rows(draw, 4, 9), draw.integers(0, 9, 4, 3)
    observe.stays_on_device("top_k elsewhere", submission.top_k, logits, 3)
    observe.stays_on_device("top_p elsewhere", submission.top_p, logits, 0.7)
    observe.stays_on_device("repetition_penalty elsewhere", submission.repetition_penalty, logits, ids, 1.3)
