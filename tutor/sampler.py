"""A run that writes, as the desk uses it: prompts go out as lines, tokens come back as lines."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from tutor.processes import be_nice, child_environment, module_command

LAST_WORDS = ("end", "error")
"""Events after which a request is answered."""

Event = dict[str, Any]


class Sampler:
    """`python -P -m gpt2.sample DIR --json`: it loads the model once and then answers one prompt after another.

    It is started with the first prompt, and ends with `close`, or by itself when the desk is gone.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder of the run that is to write."""
        self.folder = folder
        self._child: asyncio.subprocess.Process | None = None
        self._diary = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._number = 0

    async def write(self, prompt: str, options: Sequence[str]) -> AsyncGenerator[Event, None]:
        """Yield what comes of a prompt, the last event an `end` or an `error`; a text under way is ended first.

        The events are those of `gpt2.sample`: `start`, a `token` for each with its choices, `end`.
        """
        self._number += 1
        number = self._number
        try:
            child = await self._running()
            await self._send({"request": number, "prompt": prompt, "options": list(options)})
            assert child.stdout is not None
            while line := await child.stdout.readline():
                with contextlib.suppress(ValueError):
                    event = json.loads(line)
                    if event.get("request") != number:
                        continue  # the last words of a text that this one has ended
                    yield event
                    if event["event"] in LAST_WORDS:
                        return
            raise ConnectionResetError
        except OSError:
            await self._ended()
            yield {"event": "error", "message": f"the model's process ended. {self._last_words()}".strip()}

    async def stop(self) -> None:
        """End the text under way after the token that is being drawn."""
        with contextlib.suppress(OSError):
            await self._send({"stop": True})

    async def close(self) -> None:
        """End the process, and wait until it has."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.terminate()
        await self._ended()
        self._diary.close()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._child is None:
            self._child = await asyncio.create_subprocess_exec(
                *module_command("gpt2.sample", str(self.folder), "--json"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._diary,
                env=child_environment(),
            )
            be_nice(self._child.pid)
        return self._child

    async def _ended(self) -> None:
        """Take leave of a process that speaks no more; the next prompt starts another."""
        child, self._child = self._child, None
        if child is not None and child.stdin is not None:
            child.stdin.close()  # whoever still lives sees that, and ends
            await child.wait()

    async def _send(self, message: Event) -> None:
        if self._child is None or self._child.stdin is None:
            return
        self._child.stdin.write(json.dumps(message).encode() + b"\n")
        await self._child.stdin.drain()

    def _last_words(self) -> str:
        with contextlib.suppress(ValueError, OSError):
            self._diary.seek(0)
            lines = self._diary.read().decode("utf-8", "replace").strip().splitlines()
            return f"Its last words: {lines[-1]}" if lines else ""
        return ""
