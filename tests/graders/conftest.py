"""One warm judge for all tests of this room, on an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import exercises
from graders.judge import Judge
from graders.pool import Pool
from graders.report import Report


class Bench:
    """A judge that tests can call without being asynchronous themselves."""

    def __init__(self, fork: bool | None = None, at_once: int | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.pool: Pool = self.wait(self._pool(fork, at_once))
        self.judge = Judge(self.pool)

    async def _pool(self, fork: bool | None, at_once: int | None) -> Pool:
        return Pool(fork, at_once)

    def wait(self, work: Any, seconds: float = 120) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def check(self, name: str, source: str, seed: int | None = None) -> Report:
        report: Report = self.wait(self.judge.check(exercises.exercise(name), source, seed))
        return report

    def close(self) -> None:
        self.wait(self.pool.close())
        self.loop.call_soon_threadsafe(self.loop.stop)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No second chance in this room: a verdict that differs from one run to the next is a bug."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=0))


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()
