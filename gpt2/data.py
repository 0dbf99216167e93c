"""Token shards and the batches that are cut from them, by one global offset."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tiktoken
import torch
from numpy.typing import NDArray

from gpt2 import corpus, tokens

MAGIC = 20240520  # llm.c's mark of a GPT-2 token shard
HEADER = 256  # int32 values: magic, version, number of tokens, zeros


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
    if size % 2:
        raise ValueError(f"{path.name}: an odd number of bytes is no row of uint16")
    if size == start:
        return np.zeros(0, dtype=np.uint16)
    return np.memmap(path, dtype="<u2", mode="r", offset=start)


# --- batches ---------------------------------------------------------------------------------------


class Batches:
    """Cuts shards into windows of `block` tokens and serves them in a seeded order.

    A place in the run is one number, the tokens served so far, whatever the batch and however many
    processes share it. Every pass through the data has its own order and, where there is room, its own
    start, so that a window's borders are never learned.
    """

    def __init__(self, shards: Sequence[NDArray[np.uint16]], block: int, seed: int, shuffle: bool = True) -> None:
        """Take shards of (n,) ids. Raises ValueError where they hold less than one window."""
        self.shards = [shard for shard in shards if len(shard)]
        self.starts = np.cumsum([0, *map(len, self.shards)])  # of each shard in the whole
        self.block, self.seed, self.shuffle = block, seed, shuffle
        self.total = int(self.starts[-1])
        self.windows = (self.total - 1) // block  # each needs one token more, the last target
        if self.windows < 1:
            raise ValueError(f"{self.total} tokens are less than one window of {block} and its next token")
        self.spare = self.windows > 1 and shuffle
        if self.spare:
            self.windows -= 1
        self._pass = -1
        self._order: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        self._shift = 0

    def window(self, number: int) -> NDArray[np.uint16]:
        """Return the ids of the run's window `number`: (block + 1,) uint16."""
        turn, place = divmod(number, self.windows)
        if turn != self._pass:
            rng = np.random.default_rng((self.seed, turn))
            order = np.arange(self.windows, dtype=np.uint32)
            self._order = rng.permutation(order) if self.shuffle else order
            self._shift = int(rng.integers(self.block)) if self.spare else 0
            self._pass = turn
        return self.read(int(self._order[place]) * self.block + self._shift, self.block + 1)

    def read(self, start: int, count: int) -> NDArray[np.uint16]:
        """Return `count` ids from `start` on, across shard borders: (count,) uint16."""
        first = int(np.searchsorted(self.starts, start, side="right")) - 1
        parts = []
        while count > 0:
            inside = start - int(self.starts[first])
            part = self.shards[first][inside : inside + count]
            parts.append(part)
            start, count, first = start + len(part), count - len(part), first + 1
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def get(self, offset: int, batch: int, rank: int = 0, world: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inputs and targets (batch, block) int64 of the step's micro-batch at token `offset`.

        The world's ranks together serve batch · world windows from `offset` on; rank r takes every
        world-th of them.
        """
        first = offset // self.block
        rows = [self.window(first + i * world + rank).astype(np.int64) for i in range(batch)]
        pairs = torch.from_numpy(np.stack(rows))  # (batch, block + 1)
        return pairs[:, :-1].contiguous(), pairs[:, 1:].contiguous()


# --- a corpus, tokenized once ----------------------------------------------------------------------


class Prepared:
    """A corpus in ids: its tokenizer and the shards of its two parts."""

    def __init__(self, folder: Path, encoding: tiktoken.Encoding) -> None:
        """Map what `prepare` left in `folder`."""
        self.folder, self.encoding = folder, encoding
        self.train = read_shard(folder / "train.bin")
        self.val = read_shard(folder / "val.bin")


def prepare(
    data: str, tokenizer: str, n_vocab: int, pad: bool = False, encoding: tiktoken.Encoding | None = None
) -> Prepared:
    """Tokenize the corpus `data` with `encoding`, or "gpt2", or a "trained" BPE of at most `n_vocab` ids.

    With `pad` the trained BPE has exactly that many, some perhaps unused. The work is kept in the cache
    folder under the hash of the text and of the tokenizer, and found there the next time.
    Raises ValueError where there is no text, or no GPT-2 vocabulary for "gpt2".
    """
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
            shards[f"{split}.bin"] = shard([token for part in parts for token in part])
        corpus.store(folder, shards)
    return Prepared(folder, encoding)


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
    favors the bigram and so asks more of the model.
    """
    n = prepared.encoding.n_vocab
    train, val = prepared.train.astype(np.int64), prepared.val.astype(np.int64)
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
