"""Checks for shard-writer: files, stream, sizes, long documents, names, the range of ids, laziness, ends."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from graders.kit import holds

SIZES = "A shard other than the last holds more or fewer than shard_size tokens, or the last one is too long."
MISSING = "A path that was returned leads to no file that np.load can read."


@contextmanager
def folder():
    """A folder of its own for one call, gone afterwards; its name is always the same, for it may be told."""
    path = Path("tokens")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def read(path):
    """What is in the file, or None where np.load finds nothing."""
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None


def write(submission, docs, size, eot, out, *args, **kw):
    """Paths and arrays of one call."""
    paths = [Path(path) for path in submission.write_shards(iter(docs), size, eot, out, *args, **kw)]
    return paths, [read(path) for path in paths]


def joined(arrays):
    """All tokens in a row, whatever the files' dtype."""
    rows = [np.asarray(a).astype(np.int64).reshape(-1) for a in arrays if a is not None]
    return torch.from_numpy(np.concatenate(rows or [np.zeros(0, np.int64)]))


def documents(draw, lengths, high=65536):
    return [draw.integers(1, high, n).tolist() for n in lengths]


def sized(observe, name, arrays, size, total):
    """Observe how the tokens are shared out, then the tokens themselves."""
    count = -(-total // size)
    wanted = [size] * (count - 1) + [total - size * (count - 1)]
    found = [0 if a is None else int(a.size) for a in arrays]
    observe(f"number of shards, {name}", len(found) == count, holds("is_true", f"Not {count} shards, {name}."))
    observe(f"sizes, {name}", found == wanted, holds("is_true", SIZES))
    observe(f"all tokens, {name}", joined(arrays))


def test_files(submission, draw, observe):
    """Every path leads to a row of uint16 that np.load reads, and its name ends in .npy"""
    docs = documents(draw, (4, 7, 3))
    with folder() as out:
        try:
            paths, arrays = write(submission, docs, 10, 50256, out)
        except FileExistsError:
            paths, arrays = None, []
    observe("an old folder", paths is not None, holds("is_true", "A folder that is there already was refused."))
    paths = paths or []
    observe("there are files", bool(paths) and len(paths) == 2, holds("is_true", "17 tokens, 10 in a file: two files."))
    observe("endings of the names", [path.suffix for path in paths])
    observe("np.load reads them", all(a is not None for a in arrays), holds("is_true", MISSING))
    observe("what they hold", [f"{a.ndim}-D {a.dtype}" for a in arrays if a is not None])


def test_stream(submission, draw, observe):
    """eot, a document, eot, a document, …: with small ids and with large ones"""
    a, b, c = draw.sizes(3)
    eot = draw.integer(50000, 65535)
    with folder() as out:
        observe("two documents", joined(write(submission, documents(draw, (a, b), 30000), 100, eot, out)[1]))
    with folder() as out:
        observe("an empty one among them", joined(write(submission, documents(draw, (a, 0, b, c)), 100, eot, out)[1]))
    with folder() as out:
        ends = [[0, 65535, 32767, 32768], [65535, 0]]
        observe("the ends of the range", joined(write(submission, ends, 100, 0, out)[1]))


def test_shards(submission, draw, observe):
    """All shards hold shard_size tokens, the last one the rest; documents are cut where they must be"""
    lengths = draw.sizes(9, low=3, high=13)
    total = sum(lengths) + len(lengths)
    size = next(s for s in (15, 16, 17) if total % s)  # so that something is left over
    with folder() as out:
        _, arrays = write(submission, documents(draw, lengths), size, draw.integer(1, 65535), out)
    sized(observe, f"{total} tokens, {size} in a shard", arrays, size, total)


def test_long(submission, draw, observe):
    """A document may fill many shards"""
    n = draw.integer(41, 47)
    with folder() as out:
        _, arrays = write(submission, documents(draw, (3, n, 2)), 8, 7, out)
    sized(observe, "a long document", arrays, 8, n + 8)


def test_names(submission, draw, observe):
    """The first val_shards names say val, the others train; sorted names are in the order of the stream"""
    for options in ({}, {"val_shards": 3}, {"val_shards": 0}, {"val_shards": 50}):
        with folder() as out:
            paths, _ = write(submission, documents(draw, (60,)), 5, 9, out, **options)
        names = [path.name for path in paths]
        observe(f"val and train in the names, {options}", [("val" in name, "train" in name) for name in names])
        kinds = [[name for name in names if kind in name] for kind in ("val", "train")]
        says = "Sorted by name, the shards are not in the order of the stream."
        observe("sorted names", all(kind == sorted(kind) for kind in kinds), holds("is_true", says))
        observe("no name twice", len(set(names)) == len(names))


def test_range(submission, draw, observe):
    """An id or eot outside 0 … 65535 raises"""
    for name, docs, eot in (
        ("an id of 65536", [[5], [3, 65536, 4]], 1),
        ("an id of -1", [[5, -1], [3]], 1),
        ("an id of 100256", [[5], [3, 100256]], 1),
        ("eot = 65536", [[5], [3, 4]], 65536),
        ("eot = -1", [[5], [3, 4]], -1),
    ):
        with folder() as out:
            observe.raises(f"write_shards with {name}", write, submission, docs, 3, eot, out)


class Watched:
    """Documents that look, each time one is asked for, how many tokens are not yet on disk."""

    def __init__(self, docs, out):
        self.docs, self.out = iter(docs), out
        self.given, self.waiting, self.asked = 0, [], 0

    def __iter__(self):
        return self

    def __next__(self):
        doc = next(self.docs)
        written = sum(max(0, path.stat().st_size - 128) // 2 for path in self.out.glob("*.npy"))
        self.waiting.append(self.given - written)
        self.given += len(doc) + 1
        return doc


def test_lazy(submission, draw, observe):
    """Documents are taken one at a time: at most one shard of tokens waits in memory"""
    size = draw.integer(20, 30)
    lengths = [draw.integer(3, 70) for _ in range(30)]
    with folder() as out:
        watched = Watched(documents(draw, lengths), out)
        list(submission.write_shards(watched, size, 11, out))
    says = "When a document was asked for, more than shard_size tokens of those before it were not on disk."
    observe("tokens that wait", max(watched.waiting, default=0) <= size, holds("is_true", says))
    observe("documents asked for", len(watched.waiting))


def test_edges(submission, draw, observe):
    """No documents, no files; a full last shard is the last; a shard of one token; a folder that is not there yet"""
    with folder() as out:
        paths, _ = write(submission, [], 10, 5, out)
        observe("no documents", not paths, holds("is_true", "There are no documents, and yet a path came back."))
    with folder() as out:
        _, arrays = write(submission, documents(draw, (8, 20)), 10, 5, out)
    sized(observe, "three full shards", arrays, 10, 30)
    with folder() as out:
        _, arrays = write(submission, documents(draw, (3,)), 1, 7, out)
    sized(observe, "shards of one token", arrays, 1, 4)
    with folder() as out:
        try:
            paths, arrays = write(submission, documents(draw, (4,)), 10, 5, out / "a" / "b")
        except FileNotFoundError:
            paths, arrays = [], []
        inside = bool(paths) and all(path.resolve().parent == (out / "a" / "b").resolve() for path in paths)
    observe("a new folder", inside, holds("is_true", "A folder that is not there yet, nor its parent, was not made."))
    observe("tokens in a new folder", joined(arrays))
