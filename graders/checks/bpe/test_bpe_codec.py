"""Checks for bpe-codec: decode, bytes without merges, encode, ends, broken bytes, round trips, two at a time."""

from itertools import pairwise

from graders.kit import holds

WIDE = "éüßñ한글字語ж🙂🚀👍🏽\u200d\n\t \0"
TOUCHED = "The list that was passed in has been changed. The caller still needs it as it was."


def trained(text, count):
    """Merges for the tests, learned from a text."""
    ids, merges = list(text.encode("utf-8")), []
    for new in range(256, 256 + count):
        counts = {}
        for pair in pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        best = max(counts, key=counts.get)
        merges.append(best)
        out, i = [], 0
        while i < len(ids):
            hit = tuple(ids[i : i + 2]) == best
            out.append(new if hit else ids[i])
            i += 1 + hit
        ids = out
    return merges


def letters(draw, count):
    return draw.random.sample("abcdefghijklmnopqrstuvwxyz", count)


def text(draw, names, length):
    return "".join(draw.random.choices(names, k=length))


def test_decode(submission, draw, observe):
    """The bytes of all ids are joined, then read as UTF-8"""
    a, b, c = (ord(x) for x in letters(draw, 3))
    merges = [(a, b), (256, c), (c, 257), (258, 256)]
    tokenizer = submission.BPE(merges)
    observe("decode of single bytes", tokenizer.decode([c, a, b]))
    observe("decode of merged ids", tokenizer.decode([256, c, 258, a, 257, 259]))
    for chars in ("éßü", "한글字", "🙂🚀👍"):
        first, second = draw.random.sample(chars, 2)
        data = (first + second).encode()
        observe(f"decode of the bytes of {first}{second}", tokenizer.decode(list(data)))
        # one token that begins in one character and ends in the next
        middle = submission.BPE([(data[len(data) // 2 - 1], data[len(data) // 2])])
        ids = [*data[: len(data) // 2 - 1], 256, *data[len(data) // 2 + 1 :]]
        observe(f"decode of {first}{second}, with a token across both", middle.decode(ids))


def test_encode_bytes(submission, draw, observe):
    """Without merges a text is its UTF-8 bytes"""
    tokenizer = submission.BPE([])
    for chars in (letters(draw, 5), WIDE):
        data = text(draw, chars, draw.integer(6, 12)) + "é"
        observe(f"encode of {data!r} without merges", tokenizer.encode(data))


def test_encode(submission, draw, observe):
    """The merge that was learned first is made first, everywhere"""
    a, b, c = letters(draw, 3)
    small = submission.BPE([(ord(b), ord(c)), (ord(a), ord(b))])
    observe("encode of three letters that could be merged in two ways", small.encode(a + b + c))
    observe("encode of a word twice", small.encode((a + b + c) * 2 + a + b))
    for length in (150, 200, 250):
        names = letters(draw, 5)
        tokenizer = submission.BPE(trained(text(draw, names, 400), 60))
        observe(f"encode of {length} letters, 60 merges", tokenizer.encode(text(draw, names, length)))
        names = draw.random.sample("éüß한글🙂", 3)
        tokenizer = submission.BPE(trained(text(draw, names, 150), 40))
        observe(f"encode of {length} characters, 40 merges", tokenizer.encode(text(draw, names, length)))


def test_ends(submission, draw, observe):
    """An empty text, no ids, one letter, two letters that are one token"""
    a, b = letters(draw, 2)
    tokenizer = submission.BPE([(ord(a), ord(b)), (256, 256)])
    for data in ("", a, "\0", a + b, a + b + a + b):
        observe(f"encode of {data!r}", tokenizer.encode(data))
    observe("decode of no ids", tokenizer.decode([]))
    observe("decode of one id", tokenizer.decode([257]))


def test_broken_bytes(submission, draw, observe):
    """Bytes that are no UTF-8 become U+FFFD"""
    tokenizer = submission.BPE([(0xED, 0x95), (0xF0, 0x9F)])
    whole = list("한".encode())
    for name, ids in (
        ("half of a character at the end", [97, *whole[:2]]),
        ("half of a character in the middle", [97, whole[0], 98]),
        ("a token that is half of a character", [256, 97]),
        ("a byte that begins nothing", [draw.integer(0x80, 0xBF), 97]),
        ("a byte that is never in UTF-8", [97, draw.integer(0xF8, 0xFF)]),
        ("half of an emoji, then a whole character", [257, *whole]),
    ):
        observe(f"decode of {name}", tokenizer.decode(ids))


def test_round_trip(submission, draw, observe):
    """decode(encode(text)) is the text, whatever it holds"""
    for count in (0, 30):
        merges = trained(text(draw, "abc de" + WIDE, 400), count)
        tokenizer = submission.BPE(list(merges))
        for length in (1, 40):
            data = text(draw, WIDE + "abcde ", length)
            ids = tokenizer.encode(data)
            observe(f"ids of {length} characters, {count} merges", ids)
            before = list(ids)
            observe("the text that comes back", tokenizer.decode(ids) == data)
            observe("the list of ids stays", ids == before, holds("is_true", TOUCHED))
    anything = "".join(chr(draw.integer(1, 0xD7FF)) + chr(draw.integer(0xE000, 0x10FFFF)) for _ in range(20))
    observe("any characters", tokenizer.decode(tokenizer.encode(anything)) == anything)


def test_two(submission, draw, observe):
    """Two tokenizers do not disturb one another; the list of merges stays as it was"""
    names = letters(draw, 4)
    merges = [trained(text(draw, names, 200), count) for count in (20, 35)]
    given = [list(m) for m in merges]
    first, second = (submission.BPE(m) for m in given)
    data = text(draw, names, 60)
    for name, tokenizer in (("first", first), ("second", second), ("first again, the", first)):
        ids = tokenizer.encode(data)
        observe(f"encode by the {name}", ids)
        observe(f"decode by the {name}", tokenizer.decode(ids))
    observe("the merges stay", given == merges, holds("is_true", TOUCHED))
