"""A world of ranks that talk to each other: as threads of one process, or as real processes over gloo."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")
DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.bool]


class Comm(Protocol):
    """What one rank sees of its world. Tensors pass by copy: nothing is shared."""

    rank: int  # this rank's number, from 0
    world: int  # how many ranks there are
    sent_bytes: int  # bytes of all elements that this rank has sent so far

    def send(self, tensor: Tensor, dst: int) -> None:
        """Hand a tensor of any shape and dtype to rank `dst`; returns when it has been received."""

    def recv(self, src: int) -> Tensor:
        """Wait for the next tensor that rank `src` sends here, and return it."""

    def barrier(self) -> None:
        """Wait until every rank has come here."""


class Deadlock(RuntimeError):
    """Ranks wait for each other, and none can go on; the message says who waits for whom."""


class _Ended(BaseException):
    """Raised in ranks that still wait when their world has come to its end."""


class _Hub:
    """Where the threads of one world meet; all of it is guarded by `changed`."""

    def __init__(self, world: int, timeout: float) -> None:
        self.world, self.timeout, self.moved = world, timeout, time.monotonic()
        self.changed = threading.Condition()
        self.offers: dict[tuple[int, int], list[list[Tensor]]] = {}  # by (src, dst); an offer is emptied when taken
        self.arrived = self.meetings = 0  # ranks at the barrier; barriers that are over
        self.waits: list[tuple[int, str, Callable[[], bool]]] = []  # rank, for what, whether it may go on
        self.working = set(range(world))  # ranks whose function has not returned
        self.errors: dict[int, BaseException] = {}  # by rank; -1 stands for the world itself
        self.threads = set(threading.enumerate())  # those that are no helpers of a rank

    def wait(self, rank: int, what: str, ready: Callable[[], bool]) -> None:
        """Wait until `ready()`. Raises _Ended when that will never be."""
        entry, begun = (rank, what, ready), time.monotonic()
        self.waits.append(entry)
        self.changed.notify_all()
        try:
            while not ready():
                late = time.monotonic() - max(begun, self.moved) > self.timeout
                if not self.errors and (late or self.stuck()):
                    self.errors[-1] = Deadlock(self.sentence())
                if self.errors:
                    raise _Ended
                self.changed.wait(0.05)
        finally:
            self.waits.remove(entry)
            self.moved = time.monotonic()
            self.changed.notify_all()

    def stuck(self) -> bool:
        """Every working rank waits for what cannot come. A thread that a rank has started might still bring it."""
        blocked = {rank for rank, _, ready in self.waits if not ready()} == self.working
        return blocked and self.threads.issuperset(threading.enumerate())

    def sentence(self) -> str:
        """Who waits for whom, in the order of ranks."""
        said = [f"rank {rank} waits {what}" for rank, what, _ in sorted(self.waits, key=lambda w: w[:2])]
        said += [f"rank {rank} has finished" for rank in range(self.world) if rank not in self.working]
        return f"Nobody can go on: {'; '.join(said)}."


class ThreadComm:
    """One rank of a world of threads."""

    def __init__(self, hub: _Hub, rank: int) -> None:
        self._hub, self.rank, self.world, self.sent_bytes = hub, rank, hub.world, 0

    def send(self, tensor: Tensor, dst: int) -> None:
        _check(self.rank, dst, self.world)
        offer = [tensor.detach().clone(memory_format=torch.contiguous_format)]
        with self._hub.changed:
            self.sent_bytes += tensor.numel() * tensor.element_size()
            self._hub.offers.setdefault((self.rank, dst), []).append(offer)
            self._hub.wait(self.rank, f"until rank {dst} receives", lambda: not offer)

    def recv(self, src: int) -> Tensor:
        _check(self.rank, src, self.world)
        with self._hub.changed:
            offers = self._hub.offers.setdefault((src, self.rank), [])
            self._hub.wait(self.rank, f"until rank {src} sends", lambda: bool(offers))
            return offers.pop(0).pop()

    def barrier(self) -> None:
        hub = self._hub
        with hub.changed:
            meeting = hub.meetings
            hub.arrived += 1
            if hub.arrived == hub.world:
                hub.arrived, hub.meetings = 0, meeting + 1
            hub.wait(self.rank, "at the barrier", lambda: hub.meetings > meeting)


def run(world: int, function: Callable[[Comm], T], timeout: float = 10.0) -> list[T]:
    """Call `function(comm)` for each of `world` ranks, side by side; return what they returned, by rank.

    Rank 0 runs in the calling thread, every other in a thread of its own. An exception in one rank ends the others
    where they wait, and is raised here with a note that names the rank. Raises Deadlock as soon as no rank can go
    on, or when nothing has moved for `timeout` seconds; ValueError for a world without ranks.
    """
    if world < 1:
        raise ValueError(f"a world has at least one rank, not {world}")
    hub, grad, results = _Hub(world, timeout), torch.is_grad_enabled(), dict[int, T]()

    def live(rank: int) -> None:
        try:
            with torch.set_grad_enabled(grad):  # a new thread would begin with the default
                results[rank] = function(ThreadComm(hub, rank))
        except BaseException as error:
            if not isinstance(error, _Ended):
                hub.errors[rank] = error
        with hub.changed:
            hub.working.discard(rank)
            hub.moved = time.monotonic()
            hub.changed.notify_all()

    threads = [threading.Thread(target=live, args=(rank,), daemon=True) for rank in range(1, world)]
    hub.threads.update(threads)
    for thread in threads:
        thread.start()
    live(0)
    for thread in threads:
        thread.join()
    for rank, error in sorted(hub.errors.items()):
        if rank >= 0:
            error.add_note(f"(in rank {rank} of a world of {world})")
        raise error
    return [results[rank] for rank in range(world)]


def _check(rank: int, other: int, world: int) -> None:
    if not 0 <= other < world or other == rank:
        raise ValueError(f"rank {rank} of {world} cannot talk to rank {other}")


class GlooComm:
    """One rank of a world of real processes, which torchrun started. Tensors travel, and arrive, in main memory."""

    def __init__(self, timeout: float = 60.0) -> None:
        dist.init_process_group("gloo", timeout=timedelta(seconds=timeout))
        self.rank, self.world, self.sent_bytes = dist.get_rank(), dist.get_world_size(), 0

    def send(self, tensor: Tensor, dst: int) -> None:
        _check(self.rank, dst, self.world)
        body = tensor.detach().to("cpu").contiguous()
        header = torch.tensor([DTYPES.index(body.dtype), body.dim(), *body.shape] + [0] * (8 - body.dim()))
        self.sent_bytes += body.numel() * body.element_size()
        with self._patience(f"until rank {dst} receives"):
            dist.send(header, dst)
            dist.send(body.reshape(-1).view(torch.uint8), dst)
            dist.recv(torch.empty(1), dst, tag=1)  # that it has come

    def recv(self, src: int) -> Tensor:
        _check(self.rank, src, self.world)
        header = torch.empty(10, dtype=torch.int64)
        with self._patience(f"until rank {src} sends"):
            dist.recv(header, src)
            kind, dims, *shape = header.tolist()
            body = torch.empty(shape[:dims], dtype=DTYPES[kind])
            dist.recv(body.view(-1).view(torch.uint8), src)
            dist.send(torch.zeros(1), src, tag=1)
        return body

    def barrier(self) -> None:
        with self._patience("at the barrier"):
            dist.barrier()

    @contextmanager
    def _patience(self, what: str) -> Iterator[None]:  # gloo's complaint about the time, in the words of a hub
        try:
            yield
        except RuntimeError as error:
            if "timed out" not in str(error).lower():
                raise
            raise Deadlock(f"Nobody can go on: rank {self.rank} waits {what}.") from error
