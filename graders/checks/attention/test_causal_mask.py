"""Checks for causal-mask: the four rules, queries at the end, their combination, dtype and device."""

import torch


def sizes(draw):
    """Tq < Tk, with room between them."""
    tq = draw.integer(3, 6)
    return tq, tq + draw.integer(3, 6)


def documents(draw, n):
    """Ids of several documents of different lengths, one after the other; no id is its position."""
    marks = torch.zeros(n, dtype=torch.int64)
    marks[draw.integer(2, 3)] = 1
    marks[draw.integer(n - 3, n - 2)] = 1
    return marks.cumsum(0) * 7 + 50


def test_causal(submission, draw, observe):
    """As many queries as keys: a query sees itself and what came before"""
    for n in (draw.integer(4, 9), 2, 1):
        observe(f'build_mask("causal", {n}, {n}, "cpu")', submission.build_mask("causal", n, n, "cpu"))


def test_at_the_end(submission, draw, observe):
    """Fewer queries than keys: the queries are the last positions"""
    tq, tk = sizes(draw)
    for q in (tq, 1):
        observe(f'build_mask("causal", {q}, {tk}, "cpu")', submission.build_mask("causal", q, tk, "cpu"))


def test_window(submission, draw, observe):
    """A window of w: the query and the w − 1 positions before it"""
    tq, tk = sizes(draw)
    for q in (tk, tq, 1):
        for w in (draw.integer(2, 3), 1, tk + 2):
            observe(
                f'build_mask(("window", {w}), {q}, {tk}, "cpu")', submission.build_mask(("window", w), q, tk, "cpu")
            )


def test_prefix(submission, draw, observe):
    """The first p keys are seen by everybody, the others causally"""
    tq, tk = sizes(draw)
    for q in (tk, tq, 1):
        for p in (draw.integer(2, tk - 3), tk - 1, 0, tk):
            observe(
                f'build_mask(("prefix", {p}), {q}, {tk}, "cpu")', submission.build_mask(("prefix", p), q, tk, "cpu")
            )


def test_document(submission, draw, observe):
    """Who stands in the same document, before and after"""
    tq, tk = sizes(draw)
    ids = documents(draw, tk)
    for q in (tk, tq, 1):
        mask = submission.build_mask(("document", ids), q, tk, torch.device("cpu"))
        observe(f'build_mask(("document", {ids.tolist()}), {q}, {tk}, "cpu")', mask)
        both = mask & submission.build_mask("causal", q, tk, "cpu")
        observe("document & causal", both)


def test_device(submission, draw, observe):
    """The mask is made on the device that was asked for"""
    tq, tk = sizes(draw)
    for rule in ("causal", ("window", 3), ("prefix", 2)):
        mask = submission.build_mask(rule, tq, tk, "meta")
        name = rule if rule == "causal" else rule[0]
        observe(f'device, dtype and shape of the {name} mask on "meta"', [mask.device, mask.dtype, list(mask.shape)])
    ids = documents(draw, tk)
    observe.stays_on_device("the document mask", submission.build_mask, ("document", ids), tq, tk, "meta")
