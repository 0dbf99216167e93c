"""Token shards: written, read, made of a corpus, and what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tiktoken
from numpy.typing import NDArray

from gpt2 import corpus, tokens
from gpt2.batches import Ids, Row
from gpt2.catalog import SHARD_HEADER as HEADER
from gpt2.catalog import SHARD_MAGIC as MAGIC

COUNTED = 10_000_000  # training tokens that the baselines count, and at most a tenth as many to measure on
LOOKED_AT = 1 << 20  # ids of each shard whose size is looked at before training


# --- shards ----------------------------------------------------------------------------------------


def shard(ids: Sequence[int] | NDArray[np.uint16]) -> bytes:
    """Return ids as a shard of llm.c: 256 int32 of header, then uint16 tokens, all little-endian.

    Raises ValueError where an id does not fit in 16 bits.
    """
    array = np.asarray(ids)
    if array.size and not (int(array.min()) >= 0 and int(array.max()) < 2**16):
        raise ValueError("a shard holds ids from 0 to 65535")
    header = np.zeros(HEADER, dtype="<i4")
    header[:3] = MAGIC, 1, array.size
    return header.tobytes() + array.astype("<u2").tobytes()


def write_shard(path: Path, ids: Sequence[int] | NDArray[np.uint16]) -> None:
    """Write ids as a shard of llm.c. Raises ValueError where an id does not fit in 16 bits."""
    path.write_bytes(shard(ids))


def read_shard(path: Path) -> NDArray[np.uint16]:
    """Map a shard's tokens into memory, unread until they are needed: (n,) uint16.

    Reads llm.c's .bin (known by its header), build-nanogpt's .npy and nanoGPT's headerless .bin.
    Raises ValueError for another version of the header, another dtype or a file that was cut short.
    """
    if path.suffix == ".npy":
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if array.ndim != 1 or array.dtype != np.uint16:
            raise ValueError(f"{path.name}: expected one row of uint16, found {array.dtype} {array.shape}")
        return array
    size = path.stat().st_size
    start = 0
    if size >= 4 * HEADER:
        header = np.fromfile(path, dtype="<i4", count=HEADER)
        if header[0] == MAGIC:
            start = 4 * HEADER
            if header[1] != 1 or size != start + 2 * int(header[2]):
                raise ValueError(
                    f"{path.name}: the header promises {header[2]} tokens in version {header[1]}, "
                    f"the file holds {(size - start) // 2}"
                )
        elif 20240000 < header[0] < 20250000:  # llm.c's other marks: as two GPT-2 ids none of them could be read
            raise ValueError(f"{path.name}: a file of llm.c, but not one of GPT-2's tokens")
    if size % 2:
        raise ValueError(f"{path.name}: an odd number of bytes is no row of uint16")
    if size == start:
        return np.zeros(0, dtype=np.uint16)
    return np.memmap(path, dtype="<u2", mode="r", offset=start)


# --- a corpus, tokenized once ----------------------------------------------------------------------


class Prepared:
    """A corpus in ids: its tokenizer, the shards of its two parts, and how they were parted."""

    def __init__(
        self, folder: Path, encoding: tiktoken.Encoding, shards: Sequence[Ids] = (), val_shards: Sequence[Ids] = (),
        split: str = "whole documents, none of them in both parts",
    ) -> None:  # fmt: skip
        """Take the shards given, or else map what `prepare` left in `folder`."""
        self.folder, self.encoding, self.split = folder, encoding, split
        self.shards = list(shards) or [read_shard(folder / "train.bin")]
        self.val_shards = list(val_shards) or [read_shard(folder / "val.bin")]

    @property
    def train(self) -> Ids:
        """All ids of the training part as one row."""
        return self.shards[0] if len(self.shards) == 1 else Row(self.shards)

    @property
    def val(self) -> Ids:
        """All ids of the validation part as one row."""
        return self.val_shards[0] if len(self.val_shards) == 1 else Row(self.val_shards)

    @property
    def mark(self) -> str:
        """A name for what a run reads: it changes where shards were added or a text was edited."""
        sizes = [[len(shard) for shard in part] for part in (self.shards, self.val_shards)]
        ends = [shard[-64:].tobytes() for part in (self.shards, self.val_shards) for shard in part]
        return hashlib.sha256(repr(sizes).encode() + b"".join(ends)).hexdigest()[:16]


def prepare(
    data: str, tokenizer: str, n_vocab: int, pad: bool = False, encoding: tiktoken.Encoding | None = None
) -> Prepared:
    """Tokenize the corpus `data` with `encoding`, or "gpt2", or a "trained" BPE of at most `n_vocab` ids.

    With `pad` the trained BPE has exactly that many, some perhaps unused. The work is kept in the cache
    folder under the hash of the text and of the tokenizer, and found there the next time. Where `data` is
    shards, they are ids already, GPT-2's unless a tokenizer that we saved lies beside them: see `ready`.
    Raises ValueError where there is no text, or no GPT-2 vocabulary for "gpt2".
    """
    if found := corpus.shards(data):
        return ready(found["train"], found["val"], encoding)
    documents = corpus.load(data)
    text = corpus.fingerprint(documents)
    home = corpus.cache_folder()
    if encoding is None:
        encoding = tokens.gpt2() if tokenizer == "gpt2" else learned(documents, text, n_vocab, pad)
    ranks = hashlib.sha256(tokens.dumps(encoding) + b"%d" % encoding.n_vocab).hexdigest()[:16]
    folder = home / f"ids-{text}-{ranks}"
    if not folder.is_dir():
        shards = {}
        for split in ("train", "val"):
            parts = tokens.encode(encoding, [d.text for d in documents if d.split == split])
            shards[f"{split}.bin"] = shard(np.concatenate([np.array(part, dtype=np.uint16) for part in parts]))
        corpus.store(folder, shards)
    return Prepared(folder, encoding)


def ready(train: Sequence[Path], val: Sequence[Path], encoding: tiktoken.Encoding | None = None) -> Prepared:
    """Map shards that are there already. Without any for validation, the end of the last one is held out.

    Raises ValueError for a damaged shard, without GPT-2's vocabulary, and for ids that a tokenizer does not
    have: of each shard the first million and the last are looked at, since all of ten billion take minutes.
    """
    folder = train[0].parent
    if encoding is None and (folder / "about.json").is_file():
        encoding = tokens.load(folder)
    elif encoding is None and tokens.gpt2_cache() is None:
        raise ValueError("shards hold ids of GPT-2's vocabulary, and that is not here yet: gradatim data get gpt2-bpe")
    encoding = encoding or tokens.gpt2()
    shards, val_shards = [read_shard(path) for path in train], [read_shard(path) for path in val]
    for path, ids in zip([*train, *val], [*shards, *val_shards], strict=True):
        most = max((int(part.max()) for part in (ids[:LOOKED_AT], ids[-LOOKED_AT:]) if len(part)), default=0)
        if most >= encoding.n_vocab:
            raise ValueError(
                f"{path.name}: the id {most} is none of {encoding.name}'s {encoding.n_vocab}; "
                "these shards were made with another tokenizer"
            )
    split = "shards of their own"
    if not any(map(len, val_shards)):
        last = shards[-1]
        cut = held_out(last, encoding.eot_token)
        shards[-1], val_shards = last[:cut], [last[cut:]]
        split = f"the last {len(last) - cut:,} tokens of {train[-1].name}, kept out of training"
    return Prepared(folder, encoding, shards, val_shards, split)


def held_out(ids: NDArray[np.uint16], end_of_text: int) -> int:
    """Return where the last hundredth of a shard begins (of a small one, up to a tenth), at a document's start.

    Windows are cut on either side of it and never across, so that no token that is trained on is measured.
    Raises ValueError where the shard is too short to give any away.
    """
    held = max(len(ids) // 100, min(len(ids) // 10, 1 << 16))
    if held < 2:
        raise ValueError(f"{len(ids)} tokens are too few to keep some for validation")
    cut = len(ids) - held
    starts = np.flatnonzero(ids[cut : cut + held // 2] == end_of_text)
    return cut + int(starts[0]) if len(starts) else cut


def learned(documents: list[corpus.Document], text: str, n_vocab: int, pad: bool) -> tiktoken.Encoding:
    """Train a BPE on the training part of a corpus whose fingerprint is `text`, or find it done."""
    name = f"bpe{n_vocab}-{text}"
    kept = corpus.cache_folder() / name
    if not kept.is_dir():
        made = tokens.train((d.text for d in documents if d.split == "train"), n_vocab, name)
        corpus.store(kept, {"ranks.tiktoken": tokens.dumps(made)})
    return tokens.loads(name, (kept / "ranks.tiktoken").read_bytes(), n_vocab if pad else 0)


def words(data: str) -> set[str]:
    """Return the words of a corpus, in lower case: what a sample's words are looked up in."""
    return {word.lower() for document in corpus.load(data) for word in corpus.WORD.findall(document.text)}


def baselines(prepared: Prepared) -> tuple[float, float]:
    """Return the validation loss, in nats, of the unigram and the bigram model of the training part.

    Both are counted on train and measured on val. The unigram adds one to each count; the bigram
    backs off to it: p(b|a) = (count(ab) + k·p(b)) / (count(a) + k), with the best k of a few, which
    favors the bigram and so asks more of the model. Of a large corpus only the first COUNTED tokens are
    counted: enough for the unigram, while the bigram would still fall a little with more of them.
    """
    n = prepared.encoding.n_vocab
    train = prepared.train[:COUNTED].astype(np.int64)
    val = prepared.val[: COUNTED // 10].astype(np.int64)
    counts = np.bincount(train, minlength=n)
    unigram = (counts + 1) / (counts.sum() + n)  # (V,)
    before, after = val[:-1], val[1:]
    unigram_loss = float(-np.log(unigram[after]).mean())
    keys, pair_counts = np.unique(train[:-1] * n + train[1:], return_counts=True)
    wanted = before * n + after
    where = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    pairs = np.where(keys[where] == wanted, pair_counts[where], 0)
    bigram_loss = min(
        float(-np.log((pairs + k * unigram[after]) / (counts[before] + k)).mean())
        for k in (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
    )
    return unigram_loss, bigram_loss


# --- what is in it ---------------------------------------------------------------------------------


def facts(prepared: Prepared) -> dict[str, Any]:
    """Return what should be known before training: counts, bytes a token, how each part begins."""
    encoding, train, val = prepared.encoding, prepared.train, prepared.val
    some = train[:LOOKED_AT]
    plain = some[some != encoding.eot_token].tolist()
    return {
        "train_tokens": len(train), "val_tokens": len(val),
        "train_shards": len(prepared.shards), "val_shards": len(prepared.val_shards),
        "split": prepared.split, "tokenizer": encoding.name, "vocabulary": encoding.n_vocab,
        "bytes_per_token": round(len(encoding.decode_bytes(plain)) / max(1, len(plain)), 2),
        "baseline_tokens": min(COUNTED, len(train)),
        "train_begins": beginning(encoding, train), "val_begins": beginning(encoding, val),
    }  # fmt: skip


def beginning(encoding: tiktoken.Encoding, ids: Ids, characters: int = 200) -> str:
    """Return the first characters of a text in one line, without any that a terminal would obey."""
    text = " ".join(encoding.decode(ids[: 2 * characters].tolist()).split())
    return "".join(letter if letter.isprintable() else "�" for letter in text[:characters])


def describe(prepared: Prepared) -> str:
    """Write `facts` as a few lines, to be read before training."""
    known = facts(prepared)

    def count(part: str) -> str:
        shards = f" in {known[part + '_shards']} shards" if known[part + "_shards"] > 1 else ""
        return f"{known[part + '_tokens']:,} tokens{shards}"

    lines = [
        f"training          {count('train')}, {known['bytes_per_token']} bytes a token",
        f"                  “{known['train_begins']} …”",
        f"validation        {count('val')}: {known['split']}",
        f"                  “{known['val_begins']} …”",
    ]
    if known["baseline_tokens"] < known["train_tokens"]:
        lines.append(f"lines to beat     counted on the first {known['baseline_tokens']:,} training tokens")
    return "\n".join(lines)
