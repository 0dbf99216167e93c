"""The learner's tokenizer in a run: it learns the merges, and the ids it gives are held against tiktoken's."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import regex  # type: ignore[import-untyped,unused-ignore]
import tiktoken

from gpt2 import corpus, tokens
from gpt2.equal import Refused, guarded

READ = 100_000  # characters that merges are learned from: in Python, each merge looks through all of them
HELD = 20_000  # characters that it has not learned from, and encodes as tiktoken does
LONGEST = 240.0  # seconds that learning may take; it is done once for a text
SHORTER = 2 / 3  # a merge takes at most so much of the time of the first ones, measured over 4,000: the text shrinks
MARK = "yours"  # how the name of a vocabulary begins that a learner's tokenizer has learned
STRANGE = "naïve café\n\n  two  spaces\t3,141 and 59… it's I'LL 🐍🐍 \u3000한국어 aaaaaaaaaaa \n"


def excerpts(text: str, width: int = 1000) -> tuple[str, str]:
    """Return READ characters of a text, cut out evenly, and up to HELD others."""
    if len(text) <= READ + HELD:
        return text[: -HELD // 4] or text, text[-HELD // 4 :]
    starts = [n * len(text) // (READ // width) for n in range(READ // width)]
    read = "".join(text[at : at + width] for at in starts)
    return read, "".join(text[at + width : at + width + HELD * width // READ] for at in starts)


def learned(file: ModuleType, digest: str, data: str, n_vocab: int, pad: bool) -> tiktoken.Encoding:
    """Let the learner's tokenizer learn at most `n_vocab` ids from a corpus, or find that done.

    With its merges tiktoken gives the same ids and is a thousand times as fast, so the run goes on with
    that; the merges, and so every id, are the learner's. `digest` is that of the file; `pad` as in
    `data.prepare`. Raises Refused where a merge is wrong, an id differs, or it would take too long.
    """
    documents = corpus.load(data)
    read, held = excerpts("\n\n".join(d.text for d in documents if d.split == "train"))
    name = f"{MARK}{n_vocab}-{corpus.fingerprint(documents)}-{digest[:12]}"
    kept: Path = corpus.cache_folder() / name
    if not kept.is_dir():
        prove_merges(file)
        made, merges = trained(file, read, n_vocab - 1)
        encoding = tokens.from_ranks(name, ranks(merges))
        prove_ids(made, encoding, (held, STRANGE, scrambled(encoding)))
        corpus.store(kept, {"ranks.tiktoken": tokens.dumps(encoding)})
    return tokens.loads(name, (kept / "ranks.tiktoken").read_bytes(), n_vocab if pad else 0)


def trained(file: ModuleType, text: str, size: int) -> tuple[Any, list[tuple[int, int]]]:
    """Train the learner's tokenizer; return it and its merges. Raises Refused where it would take too long."""

    def timed(size: int) -> tuple[Any, Any, float]:
        made, start = guarded("it", file.RegexBPE, tokens.PATTERN), time.process_time()
        return made, guarded("train", made.train, text, size), time.process_time() - start

    few = min(10, size - 256)
    each = (timed(256 + few)[2] - timed(256)[2]) / max(1, few)
    seconds = each * (size - 256) * SHORTER
    if seconds > LONGEST:
        raise Refused(
            f"its {size - 256:,} merges would take about {seconds / 60:.0f} minutes of Python; ours takes seconds"
        )
    if seconds > 5:
        print(f"your tokenizer learns {size - 256:,} merges: about {seconds:.0f} s, this once", file=sys.stderr)
    made, merges, _ = timed(size)
    return made, list(merges)


def ranks(merges: list[tuple[int, int]]) -> dict[bytes, int]:
    """Return the bytes of every id of a tokenizer with these merges. Raises Refused where they cannot be merges."""
    pieces = [bytes([byte]) for byte in range(256)]
    for pair in merges:
        if len(pair) != 2 or not all(isinstance(one, int) and 0 <= one < len(pieces) for one in pair):
            raise Refused(f"{pair!r} is no pair of ids that were there before it")
        pieces.append(pieces[pair[0]] + pieces[pair[1]])
    found = {piece: rank for rank, piece in enumerate(pieces)}
    if len(found) < len(pieces):
        raise Refused("two of its merges make the same bytes, and a vocabulary has each once")
    return found


def prove_merges(file: ModuleType) -> None:
    """Hold each merge of a short text against the counts of all pairs: none may be more frequent. Raises Refused."""
    text = "the cat sat on the mat, and the other cats sat there: hat, that, 1212 1212. " * 3
    made = guarded("it", file.RegexBPE, tokens.PATTERN)
    rows = [list(piece.encode()) for piece in regex.findall(tokens.PATTERN, text)]
    merges = guarded("train", made.train, text, 256 + 20)
    if len(merges) != 20:
        raise Refused(f"train gives {len(merges)} merges where 20 are wanted")
    for new, pair in enumerate(merges, 256):
        counts = Counter(one for row in rows for one in pairwise(row))
        if counts[tuple(pair)] < max(counts.values()):
            raise Refused(f"merge {new - 256} is of a pair that is not the most frequent")
        rows = [merged(row, tuple(pair), new) for row in rows]


def merged(row: list[int], pair: tuple[int, ...], new: int) -> list[int]:
    """Return a row of ids in which every occurrence of a pair is one new id."""
    out: list[int] = []
    for one in row:
        if out and (out[-1], one) == pair:
            out[-1] = new
        else:
            out.append(one)
    return out


def scrambled(encoding: tiktoken.Encoding) -> str:
    """Return parts of words, three side by side as no text has them, where the order of the merges decides."""
    pieces = [piece.decode("utf-8", errors="ignore").strip() for piece in tokens.ranks_of(encoding)[256:]] or ["a"]
    draw = random.Random(0)
    return " ".join("".join(draw.choices(pieces, k=3)) for _ in range(500))


def prove_ids(made: Any, encoding: tiktoken.Encoding, texts: tuple[str, ...]) -> None:
    """Hold the ids and the texts that a trained tokenizer gives against tiktoken's. Raises Refused."""
    end, mark = tokens.END_OF_TEXT, encoding.eot_token
    guarded("register", made.register, {end: mark})
    for text in texts:
        ids = encoding.encode_ordinary(text)
        same("encode", made.encode, (text, "none"), ids)
        same("decode", made.decode, (ids,), text)
    part = f"a{end}{end} b"
    same("encode with an end of text", made.encode, (part, {end}), encoding.encode(part, allowed_special={end}))
    same("encode with none allowed", made.encode, (part, "none"), encoding.encode_ordinary(part))
    same("decode of an end of text", made.decode, ([97, mark],), "a" + end)
    same("decode of half a character", made.decode, ([0xF0, 97],), encoding.decode([0xF0, 97]))


def same(what: str, work: Callable[..., Any], given: tuple[Any, ...], want: Any) -> None:
    """Raise Refused where some work gives anything but what is wanted."""
    got = guarded(what, work, *given)
    if (list(got) if isinstance(want, list) else got) != want:
        raise Refused(f"{what} differs from tiktoken's with the same merges")
