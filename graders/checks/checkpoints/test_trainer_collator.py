"""Checks for trainer-collator: kinds, ids, mask, labels, chosen labels, width, cutting, other columns, the input."""

import copy

import torch

from graders.kit import holds

CHANGED = "The documents are not as they were. The next epoch reads the same lists."


def documents(draw, lengths, vocab=50, pad=0, tensors=False):
    """Documents with pad's id among theirs, also as the last one."""
    rows = []
    for n in lengths:
        ids = draw.integers(1, vocab, n)
        ids[draw.integers(0, n, max(1, n // 4))] = pad
        ids[-1] = pad if draw.random.random() < 0.5 else ids[-1]
        rows.append({"input_ids": ids if tensors else ids.tolist()})
    rows[-1]["input_ids"][-1] = pad
    return rows


def choose(draw, rows):
    """Labels of somebody's choice: the beginning is not asked, and one label is another than the id."""
    for row in rows:
        ids = torch.as_tensor(row["input_ids"])
        labels = ids.clone()
        labels[: draw.integer(1, len(ids) - 1)] = -100
        labels[-1] = int(ids[-1]) + 51
        row["labels"] = labels if isinstance(row["input_ids"], torch.Tensor) else labels.tolist()
    return rows


def some(draw, pad=0, tensors=False):
    """A few documents whose longest has no nice length, nor is the last."""
    longest = 8 * draw.integer(1, 2) + draw.integer(1, 5)
    lengths = [draw.integer(2, longest - 1), longest, *draw.sizes(draw.integer(1, 3), 2, 7)]
    return documents(draw, lengths, pad=pad, tensors=tensors)


def test_kinds(submission, draw, observe):
    """A dict of three int64 tensors [B, W]"""
    for tensors in (False, True):
        out = submission.Collator(draw.integer(60, 99), multiple=8)(some(draw, tensors=tensors))
        kind = "tensors" if tensors else "lists"
        observe(f"keys, documents as {kind}", sorted(map(str, out)) if isinstance(out, dict) else type(out).__name__)
        for key in ("input_ids", "attention_mask", "labels"):
            value = out[key]
            dtype = str(getattr(value, "dtype", type(value).__name__)).removeprefix("torch.")
            observe(f"dtype of {key}, documents as {kind}", dtype)
            observe(f"shape of {key}, documents as {kind}", tuple(getattr(value, "shape", ())))


def test_ids(submission, draw, observe):
    """Each document stands at the left of its row, then come pads"""
    for tensors in (False, True):
        pad = draw.integer(60, 99)
        observe(f"input_ids, pad {pad}", submission.Collator(pad)(some(draw, tensors=tensors))["input_ids"])


def test_mask(submission, draw, observe):
    """1 where there is a token of the document, also one that is pad's id"""
    pad = draw.integer(1, 49)
    observe("attention_mask", submission.Collator(60)(some(draw))["attention_mask"])
    observe(f"attention_mask, {pad} is pad and a token", submission.Collator(pad)(some(draw, pad))["attention_mask"])


def test_labels(submission, draw, observe):
    """Labels are the ids, not shifted; -100 at what was filled up, and there alone"""
    pad = draw.integer(1, 49)
    observe("labels", submission.Collator(60)(some(draw))["labels"])
    observe(f"labels, {pad} is pad and a token", submission.Collator(pad)(some(draw, pad))["labels"])


def test_chosen_labels(submission, draw, observe):
    """Labels that a document brings along are kept"""
    for tensors in (False, True):
        pad = draw.integer(1, 49)
        rows = choose(draw, some(draw, pad, tensors))
        out = submission.Collator(pad)(rows)
        observe("labels", out["labels"])
        observe("input_ids", out["input_ids"])
    rows = choose(draw, some(draw, pad))
    del rows[0]["labels"]
    observe("labels, the first document has none", submission.Collator(pad)(rows)["labels"])


def test_width(submission, draw, observe):
    """As wide as the longest here, rounded up to a multiple"""
    collate = submission.Collator(0, multiple=(m := draw.integer(3, 7)))
    for longest in (2 * m + 1, 3 * m, m - 1, 1):
        rows = documents(draw, [longest, draw.integer(1, longest)])
        observe(f"longest {longest}, multiples of {m}", collate(rows)["input_ids"])
    observe("multiple=1", submission.Collator(0, multiple=1)(documents(draw, [3, 11, 5]))["labels"])
    observe("multiple not given", submission.Collator(0)(documents(draw, [3, 9]))["attention_mask"])


def test_cut(submission, draw, observe):
    """Not more than the first max_len ids, and never wider than max_len"""
    m = draw.integer(3, 6)
    for name, most, lengths in (
        ("cut", 2 * m, [3 * m + 1, m - 1, 2 * m + 1]),
        ("max_len is no multiple", 2 * m + 1, [4 * m, m, 2 * m + 1]),
        ("rounded, but not beyond", 2 * m + 1, [2 * m + 1, m]),
        ("all shorter", 3 * m + 1, [m + 1, 2]),
    ):
        rows = choose(draw, documents(draw, [n + 2 for n in lengths] if name == "cut" else lengths))
        del rows[0]["labels"]
        out = submission.Collator(7, multiple=m, max_len=most)(rows)
        for key in ("input_ids", "attention_mask", "labels"):
            observe(f"{key}: {name}", out[key])


def test_columns(submission, draw, observe):
    """Other columns are left out"""
    rows = some(draw)
    for i, row in enumerate(rows):
        row |= {
            "text": f"document {i}",
            "score": draw.number(0, 1),
            "source": [i, i + 1],
            "length": len(row["input_ids"]),
        }
    out = submission.Collator(0)(rows)
    observe("keys", sorted(map(str, out)))
    observe("input_ids", out["input_ids"])
    rows = some(draw)
    rows[-1]["text"] = "the last alone"
    observe("one has a text", sorted(map(str, submission.Collator(0)(rows))))


def test_input(submission, draw, observe):
    """The documents stay as they are; twice the same is twice the same"""
    for tensors in (False, True):
        rows = choose(draw, some(draw, 5, tensors))
        del rows[0]["labels"]
        before = copy.deepcopy(rows)
        collate = submission.Collator(5, multiple=4, max_len=8)
        first = {key: value.clone() for key, value in collate(rows).items()}
        same = len(rows) == len(before) and all(
            list(a) == list(b) and all(type(a[k]) is type(b[k]) and list(a[k]) == list(b[k]) for k in a)
            for a, b in zip(rows, before, strict=True)
        )
        observe(f"documents as {'tensors' if tensors else 'lists'}", same, holds("is_true", CHANGED))
        collate(some(draw, 5))
        again = collate(before)
        observe("the same batch again", all(torch.equal(first[k], again[k]) for k in first), holds("is_true", CHANGED))
