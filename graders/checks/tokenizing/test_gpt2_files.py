"""Checks for gpt2-files: the table, load, save, there and back, GPT-2's six ids."""

import json
import shutil
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from graders.kit import holds

TOUCHED = "A dict that was passed in has been changed. The caller still needs it as it was."
VERSION = "The first line of the merges does not begin with #version."


@contextmanager
def folder():
    """A folder of its own for one call, gone afterwards."""
    path = Path("files")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield path / "vocab.json", path / "merges.txt"
    finally:
        shutil.rmtree(path, ignore_errors=True)


def table():
    """The alphabet, for the tests' own files."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in keep]
    return {**{b: chr(b) for b in keep}, **{b: chr(256 + i) for i, b in enumerate(rest)}}


def fixture(draw, count=40):
    """A vocabulary with ids in no order, and merges, some of which begin with # or are no ASCII."""
    known = sorted(table().values())
    pairs = [("#", "#"), ("#", "v"), ("Ġ", "t"), ("##", "#v"), ("ł", "ß")]
    tokens = [*known, *("".join(p) for p in pairs)]
    while len(pairs) < count:
        pair = (draw.random.choice(tokens), draw.random.choice(tokens))
        if "".join(pair) not in tokens:
            pairs.append(pair)
            tokens.append("".join(pair))
    ids = draw.random.sample(range(len(tokens)), len(tokens))
    return dict(zip(tokens, ids, strict=True)), {pair: rank for rank, pair in enumerate(pairs)}


def write(vocab, ranks, vocab_json, merges_txt, end):
    vocab_json.write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in ranks)]
    merges_txt.write_text("\n".join(lines) + end, encoding="utf-8")


def both(observe, name, found):
    """Observe a vocabulary and ranks; ranks as a list, since a pair is no name of a key."""
    if type(found) is tuple and len(found) == 2 and type(found[1]) is dict:
        found = found[0], sorted(found[1].items(), key=lambda item: str((item[1], item[0])))
    observe(f"vocabulary and ranks, {name}", found)


def read(vocab_json, merges_txt):
    """What lies in the two files, by the tests' own reading; None where there is nothing to read."""
    try:
        vocab = json.loads(vocab_json.read_text(encoding="utf-8"))
        lines = [line.rstrip("\r") for line in merges_txt.read_text(encoding="utf-8").split("\n")]
    except (OSError, ValueError):
        return None, [], []
    return vocab, lines[:1], [line for line in lines[1:] if line]


def test_table(submission, draw, observe):
    """256 bytes, 256 different characters: 188 keep their number, 68 are shifted; the space is Ġ"""
    out = submission.bytes_to_unicode()
    observe("how many", len(out))
    observe("the table", [out.get(byte) for byte in range(256)] if type(out) is dict else out)


def test_load(submission, draw, observe):
    """The vocabulary as it is; ranks by the place of the line, the first line left out"""
    for end in ("", "\n"):
        vocab, ranks = fixture(draw)
        with folder() as files:
            write(vocab, ranks, *files, end)
            both(observe, f"with {'a' if end else 'no'} line break at the end", submission.load(*files))
    with folder() as files:
        write(dict(zip(table().values(), range(256), strict=True)), {}, *files, "\n")
        both(observe, "without merges", submission.load(*files))


def test_save(submission, draw, observe):
    """A version line, then the merges in the order of their ranks; a JSON object from token to id"""
    for name, mix in (("in order", False), ("out of order", True)):
        vocab, ranks = fixture(draw)
        items = list(ranks.items())
        if mix:
            draw.random.shuffle(items)
        given = (dict(vocab), dict(items))
        with folder() as files:
            submission.save(*given, *files)
            found, first, lines = read(*files)
        version = bool(first) and first[0].startswith("#version")
        observe(f"the first line, ranks {name}", version, holds("is_true", VERSION))
        observe(f"the merges' lines, ranks {name}", lines)
        observe(f"the vocabulary, ranks {name}", found)
        same = given == (vocab, dict(items)) and list(given[1]) == [pair for pair, _ in items]
        observe(f"the dicts stay, ranks {name}", same, holds("is_true", TOUCHED))


def test_there_and_back(submission, draw, observe):
    """load gives back what save has written, with merges and without, and over old files"""
    with folder() as files:
        for count in (60, 5):
            vocab, ranks = fixture(draw, count)
            submission.save(vocab, dict(reversed(ranks.items())), *files)
            both(observe, f"{count} merges", submission.load(*files))


GREETING = {"Hello": 15496, ",": 11, "Ġhow": 703, "Ġare": 389, "Ġyou": 345, "?": 30}


def test_greeting(submission, draw, observe):
    """With GPT-2's ids, "Hello, how are you?" is 15496 11 703 389 345 30"""
    letters = submission.bytes_to_unicode()
    vocab = {c: 60000 + byte for byte, c in letters.items()}
    pairs = [
        *(("H", "e"), ("l", "l"), ("He", "ll"), ("Hell", "o"), ("h", "o"), ("ho", "w"), ("Ġ", "how")),
        *(("Ġ", "a"), ("r", "e"), ("Ġa", "re"), ("Ġ", "y"), ("o", "u"), ("Ġy", "ou")),
    ]
    vocab |= {"".join(pair): 61000 + i for i, pair in enumerate(pairs)} | GREETING
    with folder() as files:
        write(vocab, {pair: i for i, pair in enumerate(pairs)}, *files, "\n")
        known, ranks = submission.load(*files)
    ids = []
    for piece in ("Hello", ",", " how", " are", " you", "?"):
        parts = [letters[byte] for byte in piece.encode()]
        while True:
            found = [(ranks[p], p) for p in pairwise(parts) if p in ranks]
            if not found:
                break
            at = next(i for i in range(len(parts)) if tuple(parts[i : i + 2]) == min(found)[1])
            parts[at : at + 2] = ["".join(parts[at : at + 2])]
        ids += [known[part] for part in parts]
    observe("the six ids", ids)
