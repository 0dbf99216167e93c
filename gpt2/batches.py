"""The batches that are cut from shards of tokens, by one global offset."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

Pair = tuple[torch.Tensor, torch.Tensor]  # inputs and targets, (batch, block) int64 each


class Row:
    """Several shards as one row of ids; a slice is read when it is asked for, the rest stays on the disk."""

    def __init__(self, shards: Sequence[Ids]) -> None:
        """Join shards of (n,) ids; empty ones are left out."""
        self.shards: list[NDArray[np.uint16]] = []
        for one in shards:
            self.shards += [part for part in (one.shards if isinstance(one, Row) else [one]) if len(part)]
        self.starts = np.cumsum([0, *map(len, self.shards)])  # of each shard in the whole

    def __len__(self) -> int:
        """Count the ids."""
        return int(self.starts[-1])

    def __getitem__(self, where: slice) -> NDArray[np.uint16]:
        """Return the ids of a slice, across shard borders: (n,) uint16."""
        start, stop, step = where.indices(len(self))
        at = int(np.searchsorted(self.starts, start, side="right")) - 1
        parts = []
        while start < stop:
            inside = start - int(self.starts[at])
            part = self.shards[at][inside : inside + stop - start]
            parts.append(part)
            start, at = start + len(part), at + 1
        joined = np.concatenate(parts) if len(parts) > 1 else parts[0] if parts else np.zeros(0, dtype=np.uint16)
        return joined[::step]


Ids = NDArray[np.uint16] | Row


class Batches:
    """Cuts shards into windows of `block` tokens and serves them in a seeded order.

    A place in the run is one number, the tokens served so far, whatever the batch and however many
    processes share it. Every pass through the data has its own order and, where there is room, its own
    start, so that a window's borders are never learned.
    """

    def __init__(self, shards: Sequence[Ids], block: int, seed: int, shuffle: bool = True) -> None:
        """Take shards of (n,) ids. Raises ValueError where they hold less than one window."""
        self.row = Row(shards)
        self.block, self.seed, self.shuffle = block, seed, shuffle
        self.total = len(self.row)
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
        start = int(self._order[place]) * self.block + self._shift
        return self.row[start : start + self.block + 1]

    def get(self, offset: int, batch: int, rank: int = 0, world: int = 1) -> Pair:
        """Return inputs and targets (batch, block) int64 of the step's micro-batch at token `offset`.

        The world's ranks together serve batch · world windows from `offset` on; rank r takes every
        world-th of them.
        """
        first = offset // self.block
        rows = [self.window(first + i * world + rank) for i in range(batch)]
        pairs = torch.from_numpy(np.stack(rows).astype(np.int64))  # (batch, block + 1)
        return pairs[:, :-1].contiguous(), pairs[:, 1:].contiguous()


class Source(Protocol):
    """What serves micro-batches by their place in the run: `Batches`, or a learner's loader in its place."""

    block: int

    def get(self, offset: int, batch: int, rank: int = 0, world: int = 1) -> Pair:
        """Return inputs and targets (batch, block) int64 of the step's micro-batch at token `offset`."""


class Prefetch:
    """Has the next micro-batches ready while the device computes: what `source.get` gives, in the order asked.

    One thread reads ahead from the last offset asked for. An offset that was not expected, as after a
    resumed run or a step that is taken again, costs the time of one batch and nothing else. With a depth
    of 0 nothing is read ahead and no thread is made: where the device is the CPU itself, a second thread
    only takes turns with the computation, and each turn on a busy machine costs more than the reading.
    """

    def __init__(
        self, source: Source, batch: int, rank: int = 0, world: int = 1, depth: int = 2, pin: bool = False
    ) -> None:
        """Serve this rank's micro-batches of `batch` windows, `depth` ahead; `pin` their memory for a GPU."""
        self.source, self.batch, self.rank, self.world = source, batch, rank, world
        self.depth, self.pin = depth, pin
        self.ahead: deque[tuple[int, Future[Pair]]] = deque()
        self.worker = ThreadPoolExecutor(1, "batches")  # one: a Batches keeps the order of one pass at a time

    def get(self, offset: int) -> Pair:
        """Return the micro-batch at token `offset`, waiting only where it is not ready.

        What went wrong in the thread is raised here. Raises RuntimeError once it is closed.
        """
        if not self.depth:
            return self._read(offset)
        if not self.ahead or self.ahead[0][0] != offset:
            for _, future in self.ahead:
                future.cancel()
            self.ahead.clear()
            self._order(offset)
        _, ready = self.ahead.popleft()
        stride = self.batch * self.source.block * self.world
        last = self.ahead[-1][0] if self.ahead else offset
        while len(self.ahead) < self.depth:
            last += stride
            self._order(last)
        try:
            return ready.result()
        except BaseException:
            self.close()  # what was read ahead of a failure is of no use
            raise

    def _order(self, offset: int) -> None:
        self.ahead.append((offset, self.worker.submit(self._read, offset)))

    def _read(self, offset: int) -> Pair:
        x, y = self.source.get(offset, self.batch, self.rank, self.world)
        return (x.pin_memory(), y.pin_memory()) if self.pin else (x, y)

    def close(self) -> None:
        """Stop the thread and forget what it read ahead; twice does no harm."""
        self.worker.shutdown(wait=True, cancel_futures=True)
        self.ahead.clear()
