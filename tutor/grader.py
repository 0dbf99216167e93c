"""A client of the warm grader: requests go out as lines, what comes back is told apart by number."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from graders.report import Report
from tutor.paths import SILENCE_SECONDS
from tutor.reach import GraderError, Lost, open_line

SEEDS = 10**9
"""The line with the seed in a stub is read back with up to nine digits."""
LAST_WORDS = ("report", "done", "error", "fence", "examples", "quiz", "shapes", "start", "pong")
"""Events after which a request is answered."""

Event = dict[str, Any]


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
        return cls(*await open_line())

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

    async def shapes(self, exercise_id: str, source: str, seed: int | None = None) -> Event:
        """What flowed through each line in the first check that ran any: ``check``, ``lens``, perhaps ``graph``."""
        return await self._one({"do": "shapes", "exercise": exercise_id, "source": source, "seed": seed}, "shapes")

    async def cancel(self) -> None:
        """Call off every check that is under way."""
        for number in list(self._checks):
            with contextlib.suppress(GraderError, Lost):
                await self._send({"id": next(self._ids), "do": "cancel", "target": number})

    async def prepare(self, exercise_id: str) -> None:
        """Have the reference worked out ahead, so that the first check is quick too."""
        await self._one({"do": "prepare", "exercise": exercise_id}, "done")

    async def fence(
        self,
        page_codes: Sequence[str],
        index: int,
        edited: str | None = None,
        own: str = "",
        source: str | None = None,
    ) -> Event:
        """Run a lesson's fence after the ones above it: ``output``, ``raised`` and ``seconds``.

        ``own`` is the exercise whose file the page asks for, ``source`` the learner's text of it; None takes ours.
        """
        request = {"do": "fence", "page": list(page_codes), "index": index, "edited": edited}
        request |= {"own": own, "source": source}
        return await self._one(request, "fence")

    async def quiz(self, lesson_slug: str, item: str | None = None, seed: int | None = None) -> Event:
        """Draw a question: ``id text code choices correct why headline``."""
        event = await self._one({"do": "quiz", "lesson": lesson_slug, "item": item, "seed": seed}, "quiz")
        question: Event = event["question"]
        return question

    async def examples(self, exercise_id: str, text: str) -> Event:
        """Judge a learner's own examples: ``trouble``, ``examples`` and ``wrong``, as `graders.examples` has them."""
        return await self._one({"do": "examples", "exercise": exercise_id, "examples": text}, "examples")

    async def start_text(self, exercise_id: str, seed: int) -> str:
        """The stub of an exercise whose questions are drawn; it carries the seed, in at most nine digits."""
        request = {"do": "start", "exercise": exercise_id, "seed": seed % SEEDS}
        event = await self._one(request, "start")
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
                        raise Lost
                    finished = event["event"] in LAST_WORDS
                    yield event
                    if finished:
                        return
            except Lost:
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
            raise Lost
        try:
            self._write(message)
            await self._writer.drain()
        except (OSError, RuntimeError):
            raise Lost from None

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
                self._attach(*await open_line())


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


def _complain(event: Event) -> None:
    if event["event"] == "error":
        raise GraderError(str(event.get("message") or "the grader gave no reason"))
