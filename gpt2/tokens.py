"""Text to ids and back: GPT-2's own BPE where it is on this machine, or one trained here; one interface."""

from __future__ import annotations

import base64
import codecs
import functools
import itertools
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import tiktoken

from gpt2 import catalog

# GPT-2 cuts text into pieces before it merges bytes, so that no token spans a word and its comma.
PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
END_OF_TEXT = "<|endoftext|>"


def gpt2_cache() -> Path | None:
    """Return the folder that holds GPT-2's two vocabulary files, or None.

    `tiktoken.get_encoding` downloads whatever its cache lacks, so we look first.
    """
    return catalog.vocabulary_folder()


def gpt2() -> tiktoken.Encoding:
    """Return GPT-2's own BPE. Raises ValueError where it is not on this machine."""
    folder = gpt2_cache()
    if folder is None:
        raise ValueError(
            "GPT-2's vocabulary is not on this machine: `gradatim data get gpt2-bpe` fetches it, "
            "and tokenizer=trained works without it"
        )
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)  # tiktoken reads nothing else, and reads it only here
    try:
        return tiktoken.get_encoding("gpt2")
    finally:
        os.environ.pop("TIKTOKEN_CACHE_DIR")
        if before is not None:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


@functools.cache
def byte_letters() -> dict[int, str]:
    """Map each byte to the visible letter that GPT-2 (and `tokenizers`) writes for it."""
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters = {byte: chr(byte) for byte in shown}
    hidden = (byte for byte in range(256) if byte not in letters)
    return letters | {byte: chr(256 + n) for n, byte in enumerate(hidden)}


def train(texts: Iterable[str], n_vocab: int, name: str = "trained", pad: bool = False) -> tiktoken.Encoding:
    """Train a byte-level BPE of at most `n_vocab` ids (256 bytes, merges, end of text) and return it.

    A small text may not have that many merges in it; with `pad`, ids that no text uses fill the rest.

    `tokenizers` finds the merges; tiktoken, whose ranks are those merges in order, does the rest.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    if n_vocab < 257:
        raise ValueError(f"a byte-level vocabulary has at least 257 ids, not {n_vocab}")
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=n_vocab - 1, min_frequency=2, show_progress=False, special_tokens=[],
        initial_alphabet=sorted(byte_letters().values()),
    )  # fmt: skip
    learner.train_from_iterator(texts, trainer)
    bytes_of = {letter: byte for byte, letter in byte_letters().items()}
    ranks = {bytes(bytes_of[c] for c in piece): rank for piece, rank in learner.get_vocab().items()}
    return from_ranks(name, ranks, n_vocab if pad else 0)


def from_ranks(name: str, ranks: dict[bytes, int], n_vocab: int = 0) -> tiktoken.Encoding:
    """Make an encoding of ranks 0…n-1; end of text gets the last id, as in GPT-2.

    A larger `n_vocab` leaves ids between them that no text uses.
    """
    size = max(n_vocab, len(ranks) + 1)
    special = {f"<|unused{rank}|>": rank for rank in range(len(ranks), size - 1)} | {END_OF_TEXT: size - 1}
    return tiktoken.Encoding(
        name, pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=special, explicit_n_vocab=size
    )  # fmt: skip


def encode(encoding: tiktoken.Encoding, texts: list[str]) -> list[list[int]]:
    """Encode documents on all cores, each after an end-of-text mark, as GPT-2's data has it."""
    return [
        [encoding.eot_token, *ids] for ids in encoding.encode_ordinary_batch(texts, num_threads=os.cpu_count() or 1)
    ]


# --- files -----------------------------------------------------------------------------------------


def ranks_of(encoding: tiktoken.Encoding) -> list[bytes]:
    """Return every ordinary token's bytes, by id."""
    return sorted(encoding._mergeable_ranks, key=encoding._mergeable_ranks.__getitem__)


def dumps(encoding: tiktoken.Encoding) -> bytes:
    """Write an encoding in tiktoken's own format: a line of base64 and rank for each token."""
    return b"".join(
        base64.b64encode(piece) + b" %d\n" % rank for rank, piece in enumerate(ranks_of(encoding))
    )  # fmt: skip


def save(encoding: tiktoken.Encoding, folder: Path) -> None:
    """Write `ranks.tiktoken` and `about.json`, enough to read the run's ids on any machine."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ranks.tiktoken").write_bytes(dumps(encoding))
    about = {
        "name": encoding.name,
        "n_vocab": encoding.n_vocab,
        "tokens": len(encoding._mergeable_ranks),
        "pattern": PATTERN,
        "end_of_text": END_OF_TEXT,
    }
    (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def loads(name: str, content: bytes, n_vocab: int = 0) -> tiktoken.Encoding:
    """Read what `dumps` wrote."""
    pairs = (line.split() for line in content.splitlines() if line)
    return from_ranks(name, {base64.b64decode(piece): int(rank) for piece, rank in pairs}, n_vocab)


def load(folder: Path) -> tiktoken.Encoding:
    """Read what `save` wrote. Raises ValueError where it is missing or damaged."""
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
        encoding = loads(about["name"], (folder / "ranks.tiktoken").read_bytes(), int(about["n_vocab"]))
        about["tokens"]
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{folder}: no readable tokenizer here ({error})") from None
    if len(encoding._mergeable_ranks) != about["tokens"]:
        raise ValueError(f"{folder}: the tokenizer has {len(encoding._mergeable_ranks)} tokens, not {about['tokens']}")
    return encoding


def merges(encoding: tiktoken.Encoding) -> Iterator[tuple[bytes, bytes]]:
    """Yield the merges that the ranks stand for, in order: the form in which transformers keeps them."""
    ranks = {piece: rank for rank, piece in enumerate(ranks_of(encoding))}
    for piece, rank in ranks.items():
        if len(piece) == 1:
            continue
        parts = [bytes([byte]) for byte in piece]
        while len(parts) > 2:
            pairs = [(ranks.get(left + right, rank), i) for i, (left, right) in enumerate(itertools.pairwise(parts))]
            lowest, i = min(pairs)
            if lowest >= rank:
                break
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        if len(parts) == 2:
            yield parts[0], parts[1]


def export(encoding: tiktoken.Encoding, folder: Path) -> None:
    """Write vocab.json and merges.txt, from which transformers makes its GPT-2 tokenizer."""
    letters = byte_letters()

    def shown(piece: bytes) -> str:
        return "".join(letters[byte] for byte in piece)

    vocabulary = {shown(piece): rank for rank, piece in enumerate(ranks_of(encoding))}
    vocabulary |= encoding._special_tokens
    lines = ["#version: 0.2", *(f"{shown(left)} {shown(right)}" for left, right in merges(encoding))]
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    about = {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, "bos_token": END_OF_TEXT,
             "eos_token": END_OF_TEXT, "unk_token": END_OF_TEXT}  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


class Stream:
    """Turns ids into text one at a time and holds a character's bytes back until it is whole."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        """Start with nothing held back."""
        self.encoding = encoding
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def put(self, token: int) -> str:
        """Return the text that `token` completes, perhaps none."""
        return self.decoder.decode(self.encoding.decode_single_token_bytes(token))

    def end(self) -> str:
        """Return what is left; bytes that never became a character read as �."""
        return self.decoder.decode(b"", final=True)
