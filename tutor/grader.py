"""A client of the warm grader: requests go out as lines, what comes back is told apart by number."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import IO, Any

from graders.report import Report
from tutor import paths
from tutor.processes import be_nice, child_environment, module_command, spawn

START_SECONDS = 60.0
"""How long a new grader may take until it listens; loading torch takes two to three."""
SILENCE_SECONDS = 300.0
"""How long a grader that is at work may say nothing; its own limits are far below."""
LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one line; the longest carry pictures of tensors."""
LAST_WORDS = ("report", "done", "error", "fence", "quiz", "start", "pong")
"""Events after which a request is answered."""

Event = dict[str, Any]
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter, asyncio.subprocess.Process | None]


class GraderError(Exception):
    """The grader itself failed; the message is for the reader."""


class _Lost(Exception):
    """The connection ended in the middle of a request."""


class Grader:
    """A connection to the warm grader; several requests may be under way at once.

    `connect` reaches the grader that already listens, or starts one that outlives this process.
    Where unix sockets are missing (or with ``GRADATIM_GRADER=stdio``) it is a child on a pipe.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        child: asyncio.subprocess.Process | None = None,
    ) -> None:
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Queue[Event | None]] = {}
        self._checks: set[int] = set()
        self._reconnecting = asyncio.Lock()
        self._attach(reader, writer, child)

    def _attach(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        child: asyncio.subprocess.Process | None,
    ) -> None:
        self._writer, self._child = writer, child
        self._alive = True
        self._listener = asyncio.create_task(self._listen(reader), name="grader lines")

    @classmethod
    async def connect(cls) -> Grader:
        """Reach the grader, starting it if nobody answers. Raises GraderError."""
        return cls(*await _open())

    async def __aenter__(self) -> Grader:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up. A shared grader stays warm for the next one; a piped child ends."""
        self._alive = False
        self._listener.cancel()
        self._writer.close()
        with contextlib.suppress(Exception):
            await self._writer.wait_closed()
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.terminate()
            await self._child.wait()

    # -- requests -----------------------------------------------------------------------------------

    async def check(
        self, exercise_id: str, source: str, seed: int | None = None, file: str = ""
    ) -> AsyncGenerator[Event, None]:
        """Yield events up to and including the report, which always comes.

        Should the grader fail, the last event is a report of status ``broken`` that says why.
        """
        request = {"do": "check", "exercise": exercise_id, "source": source, "seed": seed, "file": file}
        try:
            async with contextlib.aclosing(self._ask(request)) as events:
                async for event in events:
                    _complain(event)
                    yield event
                    if event["event"] == "report":
                        return
            raise GraderError("the grader ended without a report")
        except GraderError as error:
            yield {"event": "report", "report": Report(exercise_id, "broken", message=str(error)).to_json()}

    async def cancel(self) -> None:
        """Call off every check that is under way."""
        for number in list(self._checks):
            with contextlib.suppress(GraderError, _Lost):
                await self._send({"id": next(self._ids), "do": "cancel", "target": number})

    async def prepare(self, exercise_id: str) -> None:
        """Have the reference worked out ahead, so that the first check is quick too."""
        await self._one({"do": "prepare", "exercise": exercise_id}, "done")

    async def fence(self, page_codes: Sequence[str], index: int, edited: str | None = None) -> Event:
        """Run a lesson's fence after the ones above it: ``output``, ``raised`` and ``seconds``."""
        request = {"do": "fence", "page": list(page_codes), "index": index, "edited": edited}
        return await self._one(request, "fence")

    async def quiz(self, lesson_slug: str, item: str | None = None, seed: int | None = None) -> Event:
        """Draw a question: ``id text code choices correct why headline``."""
        event = await self._one({"do": "quiz", "lesson": lesson_slug, "item": item, "seed": seed}, "quiz")
        question: Event = event["question"]
        return question

    async def start_text(self, exercise_id: str, seed: int) -> str:
        """The stub of an exercise whose questions are drawn."""
        event = await self._one({"do": "start", "exercise": exercise_id, "seed": seed}, "start")
        return str(event["text"])

    async def _one(self, request: Event, wanted: str) -> Event:
        async with contextlib.aclosing(self._ask(request)) as events:
            async for event in events:
                _complain(event)
                if event["event"] == wanted:
                    return event
        raise GraderError("the grader gave no answer")

    # -- the wire -----------------------------------------------------------------------------------

    async def _ask(self, request: Event) -> AsyncGenerator[Event, None]:
        """Send a request and yield what answers it; once, if the grader dies, start anew and ask again."""
        for last in (False, True):
            number = next(self._ids)
            queue: asyncio.Queue[Event | None] = asyncio.Queue()
            self._waiting[number] = queue
            if request["do"] == "check":
                self._checks.add(number)
            finished = False
            try:
                await self._send({"id": number, **request})
                while True:
                    try:
                        event = await asyncio.wait_for(queue.get(), SILENCE_SECONDS)
                    except TimeoutError:
                        raise GraderError(f"the grader said nothing for {SILENCE_SECONDS:.0f} s") from None
                    if event is None:
                        raise _Lost
                    finished = event["event"] in LAST_WORDS
                    yield event
                    if finished:
                        return
            except _Lost:
                if last:
                    raise GraderError("the grader died twice over this request") from None
                await self._reconnect()
            finally:
                self._waiting.pop(number, None)
                self._checks.discard(number)
                if not finished and self._alive and request["do"] == "check":
                    # Nobody listens any more: let the grader stop the work.
                    self._write({"id": next(self._ids), "do": "cancel", "target": number})

    def _write(self, message: Event) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _send(self, message: Event) -> None:
        if not self._alive:
            raise _Lost
        try:
            self._write(message)
            await self._writer.drain()
        except (OSError, RuntimeError):
            raise _Lost from None

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Hand each line to the request it answers; at the end, tell all who still wait."""
        try:
            while line := await reader.readline():
                with contextlib.suppress(ValueError):
                    event = json.loads(line)
                    queue = self._waiting.get(event.get("id"))
                    if queue is not None and "event" in event:
                        queue.put_nowait(event)
        except (OSError, ValueError):
            pass
        finally:
            self._alive = False
            for queue in self._waiting.values():
                queue.put_nowait(None)

    async def _reconnect(self) -> None:
        async with self._reconnecting:
            if not self._alive:
                self._writer.close()
                self._attach(*await _open())


def check_sync(exercise_id: str, source: str, seed: int | None = None, file: str = "") -> Report:
    """Grade once and wait for the verdict, without an event loop; our failure is a ``broken`` report."""

    async def run() -> Report:
        try:
            async with await Grader.connect() as grader:
                async for event in grader.check(exercise_id, source, seed, file):
                    if event["event"] == "report":
                        return Report.from_json(event["report"])
        except GraderError as error:
            return Report(exercise_id, "broken", message=str(error))
        raise AssertionError("a check always ends with a report")

    return asyncio.run(run())


# -- reaching the grader --------------------------------------------------------------------------------


async def _open() -> Line:
    if not hasattr(socket, "AF_UNIX") or os.environ.get("GRADATIM_GRADER") == "stdio":
        return await _open_pipe()
    try:
        path = paths.socket_path()
    except OSError:
        return await _open_pipe()  # no private folder to be had
    return await _open_socket(path)


async def _open_pipe() -> Line:
    try:
        child = await asyncio.create_subprocess_exec(
            *module_command("graders", "--stdio"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            limit=LINE_LIMIT,
        )
    except OSError as error:
        raise GraderError(f"the grader could not be started: {error}") from None
    be_nice(child.pid)
    assert child.stdin is not None and child.stdout is not None
    return child.stdout, child.stdin, child


async def _open_socket(path: Path) -> Line:
    """Connect; if nobody listens, one of those who want a grader starts it and the others wait."""
    deadline = time.monotonic() + START_SECONDS
    diary = path.with_suffix(".log")
    process: subprocess.Popen[bytes] | None = None
    lock: IO[bytes] | None = None
    try:
        while True:
            try:
                return await _connect(path)
            except (BlockingIOError, _Lost):
                nobody = False  # busy, or just ending
            except OSError:
                nobody = True
            if lock is None:
                lock = _try_lock(path.with_suffix(".lock"))
                if lock is not None:
                    continue  # another may have started one between our attempt and the lock
            elif process is None and nobody:
                path.unlink(missing_ok=True)
                for outdated in paths.outdated_sockets(path):
                    await _dismiss(outdated)
                with diary.open("wb") as out:
                    process = spawn(module_command("graders", "--socket", str(path)), out)
            elif process is not None and process.poll() is not None:
                raise GraderError(f"the grader ended at once (exit {process.returncode}). {_tail(diary)}")
            if time.monotonic() > deadline:
                raise GraderError(f"the grader did not answer within {START_SECONDS:.0f} s. {_tail(diary)}")
            await asyncio.sleep(0.02)
    finally:
        if lock is not None:
            lock.close()


async def _connect(path: Path) -> Line:
    """Connect and hear a first word. Raises OSError when nobody listens, _Lost when it is ending."""
    # asyncio takes a full queue for a connection under way, so the connection is made here.
    line = socket.socket(socket.AF_UNIX)
    try:
        line.setblocking(False)
        line.connect(str(path))
        reader, writer = await asyncio.open_unix_connection(sock=line, limit=LINE_LIMIT)
    except BaseException:
        line.close()
        raise
    try:
        # A dying grader's socket still takes connections for a moment.
        writer.write(b'{"id": 0, "do": "ping"}\n')
        if await asyncio.wait_for(reader.readline(), START_SECONDS):
            return reader, writer, None
    except (OSError, TimeoutError):
        pass
    writer.close()
    raise _Lost


async def _dismiss(path: Path) -> None:
    """Ask a grader of an earlier version to leave, rather than let it hold its memory until it is idle."""
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_unix_connection(str(path))
            writer.write(b'{"id": 0, "do": "quit"}\n')
            await writer.drain()
            writer.close()
    except (OSError, TimeoutError):
        path.unlink(missing_ok=True)


def _try_lock(path: Path) -> IO[bytes] | None:
    """A file that holds the lock until it is closed or its process ends; None while another holds it."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _tail(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f"Its last words: {lines[-1]}" if lines else ""


def _complain(event: Event) -> None:
    if event["event"] == "error":
        raise GraderError(str(event.get("message") or "the grader gave no reason"))
