"""The desk's one grader: connected when it is first needed, and then everybody's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Literal

Connect = Callable[[], Awaitable[Any]]


class SharedGrader:
    """Called, it gives the grader, and connects it where nobody has yet."""

    def __init__(self, connect: Connect | None = None) -> None:
        """``connect`` is ours, unless another one is named."""
        self.connect = connect or _connect
        self.state: Literal["cold", "warming", "ready", "failed"] = "cold"
        self._grader: Any = None
        self._connecting = asyncio.Lock()

    async def __call__(self) -> Any:
        """The warm grader. Raises what the connection raises; the next call tries again."""
        async with self._connecting:
            if self._grader is None:
                self.state = "warming"
                try:
                    self._grader = await self.connect()
                except Exception:
                    self.state = "failed"
                    raise
                self.state = "ready"
        return self._grader

    async def warm(self) -> None:
        """Connect ahead of the first question; where that fails, whoever asks is told."""
        with contextlib.suppress(Exception):
            await self()

    async def close(self) -> None:
        """Hang up, without waiting for one that does not answer."""
        if self._grader is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._grader.close(), 1)


async def _connect() -> Any:
    from tutor.grader import Grader  # and asyncio's subprocesses, which the first frame need not wait for

    return await Grader.connect()
