"""Checks for regex-split: train, ties, encode, cuts, groups, Unicode classes, decode, a second training, ends."""

from itertools import pairwise

import regex

from graders.kit import holds

SIMPLE = r" ?[a-z]+| ?\d+| +|[^a-z\d ]+"
CROSSED = "A token reaches from one piece into the next."


def words(draw, count, low=2, high=6):
    """Different made-up words of few letters."""
    found = {}
    while len(found) < count:
        found["".join(draw.random.choices("aeioubcdfg", k=draw.integer(low, high)))] = None
    return list(found)


def text(draw, names, length):
    """Words, numbers of 4 to 8 digits, signs, and now and then three or more spaces."""
    parts = []
    for i in range(length):
        kind = i % 8
        if kind == 3:
            parts.append(" " + "".join(draw.random.choices("0123", k=draw.integer(4, 8))))
        elif kind == 5:
            parts.append(draw.random.choice([".", "!", "?!", "..."]))
        elif kind == 7:
            parts.append(" " * draw.integer(3, 6))
        else:
            parts.append(" " + draw.random.choice(names))
    return "".join(parts)


def cut(data, pattern):
    return [list(m.group().encode()) for m in regex.finditer(pattern, data)]


def rounds(pieces, count):
    """For each round: its best pair, how often it occurs, how many pairs do; only to choose inputs."""
    found = []
    for new in range(256, 256 + count):
        counts = {}
        for ids in pieces:
            for pair in pairwise(ids):
                counts[pair] = counts.get(pair, 0) + 1
        if not counts:
            break
        best = max(counts, key=counts.get)
        found.append((best, counts[best], list(counts.values()).count(counts[best])))
        merged = []
        for ids in pieces:
            out, i = [], 0
            while i < len(ids):
                hit = tuple(ids[i : i + 2]) == best
                out.append(new if hit else ids[i])
                i += 1 + hit
            merged.append(out)
        pieces = merged
    return found


def clear(draw, merges):
    """A text in which no tie decides the first merges; cuts, spaces and repeated pieces each make a difference."""
    while True:
        names = words(draw, 9)
        weights = [draw.integer(2, 40) for _ in names]
        data = "".join(f" {w}z." for w in draw.random.choices(names, weights=weights, k=100))
        pieces = cut(data, SIMPLE)
        found = rounds(pieces, merges)
        wrong = ([bytes(p).strip() for p in pieces], [*map(list, dict.fromkeys(map(tuple, pieces)))])
        if all(ties == 1 for *_, ties in found) and all(
            [r[0] for r in rounds([list(p) for p in other], merges)] != [r[0] for r in found] for other in wrong
        ):
            return data


def test_train(submission, draw, observe):
    """Pairs are counted inside of pieces, in all of them together"""
    for merges in (3, 4):
        data = clear(draw, merges)
        observe(f"the first {merges} merges", submission.RegexBPE(SIMPLE).train(data, 256 + merges))


def test_ties(submission, draw, observe):
    """Among equally frequent pairs, the one that now occurs first in the text is merged"""
    for length in (30, 50, 70):
        data = text(draw, words(draw, 6), length)
        merges = next((i for i, (_, n, _) in enumerate(rounds(cut(data, SIMPLE), 60)) if n < 2), 60)
        observe(f"{merges} merges of {length} pieces", submission.RegexBPE(SIMPLE).train(data, 256 + merges))


def test_encode(submission, draw, observe):
    """encode cuts as train does, then makes the merge that was learned first"""
    cases = ((SIMPLE, 60), (r" ?\p{L}+|\p{N}{1,3}|\s+(?=\S)|\s|[^\p{L}\p{N}\s]", 60), (r"\s|\S", 0), (r"\S+|\s", 60))
    for pattern, merges in cases:
        names = words(draw, 40, 3)
        tokenizer = submission.RegexBPE(pattern)
        learned = tokenizer.train(text(draw, names, 240), 256 + merges)
        data = text(draw, words(draw, 40, 4, 9), 120)
        ids = tokenizer.encode(data)
        observe(f"ids of another text, {len(pattern)} characters of pattern", ids)
        observe(
            f"no token crosses a cut, pattern {pattern}", whole(ids, learned, pattern, data), holds("is_true", CROSSED)
        )


def whole(ids, merges, pattern, data):
    """Whether each piece of the text ends where a token ends."""
    sizes = [1] * 256
    for left, right in merges:
        sizes.append(sizes[left] + sizes[right])
    ends, at = set(), 0
    for i in ids:
        at += sizes[i]
        ends.add(at)
    at = 0
    for m in regex.finditer(pattern, data):
        at += len(m.group().encode())
        if at not in ends:
            return False
    return True


def test_groups(submission, draw, observe):
    """A pattern may have parentheses"""
    data = text(draw, words(draw, 6), 40)
    for pattern in (r"( )?([a-z]+|\d+)|( +)|([^a-z\d ]+)", r" ?([a-z])+| ?\d+| +|[^a-z\d ]+"):
        tokenizer = submission.RegexBPE(pattern)
        observe(f"merges with {pattern}", tokenizer.train(data, 286))
        observe(f"ids with {pattern}", tokenizer.encode(data))


def test_unicode(submission, draw, observe):
    """A pattern may have classes of Unicode; text is bytes inside of a piece"""
    pattern = r" ?\p{L}+|\p{N}{1,3}|[^\p{L}\p{N}]"
    names = [w + draw.random.choice(["é", "ß", "한", "글", "ж"]) for w in words(draw, 6, 1, 3)]
    data = text(draw, names, 50) + "🙂½"
    tokenizer = submission.RegexBPE(pattern)
    observe("merges", tokenizer.train(data, 272))
    observe("ids", tokenizer.encode(data))


def test_decode(submission, draw, observe):
    """Text comes back as it was; bytes are joined, then read; what is no UTF-8 becomes U+FFFD"""
    pattern = r" ?\p{L}+|\p{N}{1,3}|[^\p{L}\p{N}]"
    names = [w + draw.random.choice("éß한글ж") for w in words(draw, 6, 1, 3)]
    tokenizer = submission.RegexBPE(pattern)
    tokenizer.train(text(draw, names, 80), 276)
    data = text(draw, [*names, "🙂", "字"], 40) + "字🙂"
    ids = tokenizer.encode(data)
    observe("the text that comes back", tokenizer.decode(ids))
    observe("half of a character", tokenizer.decode([97, *"字".encode()[:2], 98]))
    observe("no ids", tokenizer.decode([]))


def test_again(submission, draw, observe):
    """A second training forgets the first; two tokenizers do not disturb one another"""
    first, second = (text(draw, words(draw, 6), 60) for _ in range(2))
    tokenizer, other = submission.RegexBPE(SIMPLE), submission.RegexBPE(r"\S+|\s")
    tokenizer.train(first, 280)
    other.train(second, 275)
    observe("merges of the second training", tokenizer.train(second, 270))
    observe("ids after the second training", tokenizer.encode(second))
    observe("ids of the other one", other.encode(second))


def test_ends(submission, draw, observe):
    """Empty text, no merges, pieces of one letter, and an early end"""
    word = words(draw, 1, 4, 6)[0]
    for name, pattern, data, size in (
        ("an empty text", SIMPLE, "", 300),
        ("no merges", SIMPLE, word, 256),
        ("pieces of one letter", r"[\s\S]", word, 300),
        ("few pieces", SIMPLE, f"{word} {word}.", 300),
    ):
        tokenizer = submission.RegexBPE(pattern)
        observe(f"merges, {name}", tokenizer.train(data, size))
        observe(f"ids, {name}", tokenizer.encode(f"{word} a"))
        observe(f"ids of an empty text, {name}", tokenizer.encode(""))
