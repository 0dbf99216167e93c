"""Batches come in one order for any number of processes and threads, and what is read ahead is what comes."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpt2.batches import Batches, Pair, Prefetch, Row


def test_targets_are_the_inputs_shifted_across_shard_borders() -> None:
    shards = [np.arange(0, 7, dtype=np.uint16), np.arange(7, 9, dtype=np.uint16), np.arange(9, 64, dtype=np.uint16)]
    batches = Batches(shards, block=5, seed=1)
    x, y = batches.get(0, batches.windows)
    assert x.shape == y.shape == (11, 5) and x.dtype == torch.int64
    assert torch.equal(x + 1, y)
    assert torch.equal(x[:, 1:], y[:, :-1])


def test_a_pass_serves_every_window_once_and_the_next_in_another_order() -> None:
    batches = Batches([np.arange(1001, dtype=np.uint16)], block=10, seed=4)
    n = batches.windows
    first = [tuple(batches.window(i).tolist()) for i in range(n)]
    second = [tuple(batches.window(n + i).tolist()) for i in range(n)]
    assert len(set(first)) == n and sorted(first) != first
    assert [w[0] // 10 for w in first] != [w[0] // 10 for w in second]


@pytest.mark.parametrize("world", [1, 2, 4])
def test_any_number_of_processes_serves_the_same_step(world: int) -> None:
    ids = np.random.default_rng(0).integers(0, 500, 4001).astype(np.uint16)
    alone = Batches([ids], block=8, seed=5)
    for step in range(3):
        offset = step * 16 * 8
        whole, _ = alone.get(offset, 16)
        rows = []
        for micro in range(16 // (2 * world)):
            at = offset + micro * 2 * world * 8
            rows += [Batches([ids], block=8, seed=5).get(at, 2, rank, world)[0] for rank in range(world)]
        assert sorted(map(tuple, torch.cat(rows).tolist())) == sorted(map(tuple, whole.tolist()))


def test_a_text_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="less than one window"):
        Batches([np.zeros(5, dtype=np.uint16)], block=5, seed=0)


@given(
    st.lists(st.integers(0, 9), max_size=5), st.integers(-40, 40), st.integers(-40, 40), st.sampled_from([None, 1, 3])
)  # fmt: skip
def test_a_row_is_cut_as_if_its_shards_were_one(sizes: list[int], start: int, stop: int, step: int | None) -> None:
    whole = np.arange(sum(sizes), dtype=np.uint16)
    row = Row(np.split(whole, np.cumsum(sizes)[:-1]) if sizes else [])
    assert len(row) == len(whole)
    assert np.array_equal(row[start:stop:step], whole[start:stop:step])
    assert np.array_equal(Row([row, row])[:], np.concatenate([whole, whole]))


# --- reading ahead ---------------------------------------------------------------------------------


class Watched(Batches):
    """Batches that note what they are asked for, and by which thread."""

    def __init__(self) -> None:
        super().__init__([np.random.default_rng(0).integers(0, 500, 4001).astype(np.uint16)], block=8, seed=5)
        self.asked: list[int] = []
        self.threads: set[str] = set()
        self.broken = -1

    def get(self, offset: int, batch: int, rank: int = 0, world: int = 1) -> Pair:
        self.asked.append(offset)
        self.threads.add(threading.current_thread().name)
        if offset == self.broken:
            raise OSError("the disk went away")
        return super().get(offset, batch, rank, world)


def ahead_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("batches")]


@pytest.mark.parametrize(("rank", "world"), [(0, 1), (1, 2)])
def test_reading_ahead_serves_the_same_in_the_same_order(rank: int, world: int) -> None:
    plain, watched = Watched(), Watched()
    ahead = Prefetch(watched, 4, rank, world)
    for step in range(300):  # more than one pass through the data
        offset = step * 4 * 8 * world
        for ours, theirs in zip(ahead.get(offset), plain.get(offset, 4, rank, world), strict=True):
            assert torch.equal(ours, theirs) and ours.dtype == theirs.dtype
    ahead.close()
    assert watched.asked[:300] == plain.asked and watched.threads == {"batches_0"}


def test_with_no_depth_it_reads_when_asked_and_makes_no_thread() -> None:
    plain, watched = Watched(), Watched()
    ahead = Prefetch(watched, 4, depth=0)
    assert torch.equal(ahead.get(64)[1], plain.get(64, 4)[1]) and watched.asked == [64]
    assert watched.threads == {threading.current_thread().name} and ahead_threads() == []
    ahead.close()


def test_the_next_batches_are_ready_before_they_are_asked_for() -> None:
    watched = Watched()
    ahead = Prefetch(watched, 4, depth=2)
    ahead.get(0)
    end = time.monotonic() + 10
    while len(watched.asked) < 3 and time.monotonic() < end:
        time.sleep(0.001)
    assert watched.asked == [0, 32, 64]
    assert all(future.done() for _, future in list(ahead.ahead)[:1])
    ahead.close()


def test_an_unexpected_place_is_served_all_the_same() -> None:
    plain, watched = Watched(), Watched()
    ahead = Prefetch(watched, 4)
    for offset in (0, 32, 3200, 3232, 32, 64):
        assert torch.equal(ahead.get(offset)[0], plain.get(offset, 4)[0])
    ahead.close()


def test_what_goes_wrong_in_the_thread_is_raised_where_the_batch_is_asked_for() -> None:
    watched = Watched()
    watched.broken = 64
    ahead = Prefetch(watched, 4)
    ahead.get(0)
    ahead.get(32)  # by now the thread has met the error, which is not this batch's
    with pytest.raises(OSError, match="the disk went away"):
        ahead.get(64)
    assert ahead_threads() == []
    with pytest.raises(RuntimeError):
        ahead.get(96)


def test_reading_ahead_stops_cleanly() -> None:
    assert ahead_threads() == []
    ahead = Prefetch(Watched(), 4)
    ahead.get(0)
    assert ahead_threads() == ["batches_0"]
    ahead.close()
    ahead.close()
    assert ahead_threads() == []
