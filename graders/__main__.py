"""The warm grader: ``python -P -m graders --socket PATH`` waits for requests, one JSON object a line.

It never loads torch itself: it judges, and the processes that run code are its pool's. It leaves when idle.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import exercises
from graders import ahead
from graders.judge import Judge, new_seed
from graders.log import Ours
from graders.pool import Ended, Pool

IDLE_SECONDS = 600.0
MAX_REQUEST = 8 << 20
EXAMPLES_SECONDS = 60.0
"""For a learner's examples on the reference and on every known mistake."""


class Server:
    """Answers requests of any number of clients; a client that goes away takes its requests with it."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.judge = Judge(pool)
        self.clients = 0
        self.left = asyncio.Event()
        self._last = asyncio.get_running_loop().time()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it closes its side."""
        self.clients += 1
        tasks: dict[Any, asyncio.Task[None]] = {}
        lock = asyncio.Lock()

        async def answer(number: Any, event: dict[str, Any]) -> None:
            async with lock:
                writer.write(json.dumps({"id": number, **event}).encode() + b"\n")
                with contextlib.suppress(ConnectionError):
                    await writer.drain()

        try:
            while line := await reader.readline():
                self._last = asyncio.get_running_loop().time()
                try:
                    request = json.loads(line)
                    number, do = request.get("id"), request["do"]
                except (ValueError, KeyError, AttributeError):
                    await answer(None, {"event": "error", "message": "a request is a JSON object with `do`"})
                    continue
                if do == "quit":
                    self.left.set()
                    return
                if do == "cancel":
                    task = tasks.pop(request.get("target"), None)
                    if task:
                        task.cancel()
                    await answer(number, {"event": "done"})
                    continue
                tasks[number] = asyncio.create_task(self._serve(number, request, answer))
                tasks[number].add_done_callback(partial(_forget, tasks, number))
        except (ConnectionError, ValueError):
            pass
        finally:
            self.clients -= 1
            for task in list(tasks.values()):
                task.cancel()
            with contextlib.suppress(Exception):
                writer.close()

    async def _serve(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        try:
            await answer(number, {"event": "accepted"})
            await getattr(self, "do_" + str(request["do"]), self._unknown)(number, request, answer)
        except asyncio.CancelledError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            await answer(number, {"event": "error", "message": f"{error.args[0] if error.args else error}"})
        except Exception as error:  # whatever breaks here must reach the learner as a sentence
            await answer(number, {"event": "error", "message": f"{type(error).__name__}: {error}"})

    async def _unknown(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        await answer(number, {"event": "error", "message": f"unknown request {request['do']!r}"})

    async def do_ping(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        await self.pool.warm()
        await answer(number, {"event": "done"})

    async def do_check(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        async def emit(event: dict[str, Any]) -> None:
            await answer(number, event)

        exercise = exercises.exercise(request["exercise"])
        report = await self.judge.check(exercise, str(request["source"]), request.get("seed"), emit)
        await answer(number, {"event": "report", "report": report.to_json()})

    async def do_shapes(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        exercise = exercises.exercise(request["exercise"])
        seen = await self.judge.shapes(exercise, str(request["source"]), request.get("seed"))
        await answer(number, {"event": "shapes", **seen})

    async def do_prepare(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        await self.judge.prepare(exercises.exercise(request["exercise"]))
        await answer(number, {"event": "done"})

    async def do_fence(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        job = {
            "do": "fence",
            "page": request["page"],
            "index": request["index"],
            "edited": request.get("edited"),
            "own": _own(request.get("own"), request.get("source")),
            "load": [pair for code in request["page"] for pair in ahead.wanted(code)],
        }
        result = await self._result(job, 30.0)
        await answer(number, {"event": "fence", **result})

    async def do_quiz(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        seed = request.get("seed")
        job = {
            "do": "quiz",
            "deck": request["lesson"],
            "item": request.get("item"),
            "seed": new_seed() if seed is None else seed,
        }
        await answer(number, {"event": "quiz", "question": await self._result(job, 20.0)})

    async def do_examples(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        exercise = exercises.exercise(request["exercise"])
        if exercise.kind == "predict":
            raise ValueError("A prediction is its own example: there is nothing to write down first.")
        reference = exercise.text("answer.py")
        wrong = [(m.name, m.source(reference)) for m in exercise.mistakes if m.signature != "timeout"]
        job = {
            "do": "examples",
            "examples": str(request["examples"]),
            "answer": reference,
            "wrong": wrong,
            "entry": exercise.entry,
            "each": min(exercise.seconds, 5.0),
            "memory_mb": exercise.memory_mb,
        }
        await answer(number, {"event": "examples", **await self._result(job, EXAMPLES_SECONDS)})

    async def do_start(self, number: Any, request: dict[str, Any], answer: Any) -> None:
        exercise = exercises.exercise(request["exercise"])
        text = await self.judge.start_text(exercise, int(request["seed"]))
        await answer(number, {"event": "start", "text": text})

    async def _result(self, job: dict[str, Any], seconds: float) -> Any:
        """Run a job that gives one result. Raises RuntimeError with a sentence when it does not."""
        async with self.pool.child({**job, "seconds": seconds}) as child:
            result: Any = None
            try:
                async with asyncio.timeout(seconds):
                    async for frame, _ in child.frames(seconds):
                        if frame["f"] == "result":
                            result = frame["value"]
                        elif frame["f"] == "broken":
                            raise Ours(str(frame.get("message")))
            except TimeoutError:
                return _ended(job, f"no end after {seconds:g} seconds", child.printed())
            except Ended as ended:
                words = {
                    "output": "it printed more than 1 MB",
                    "timeout": f"no end after {seconds:g} seconds",
                }
                return _ended(job, words.get(ended.kind, "it ended the Python process"), child.printed())
            return result

    async def idle(self) -> None:
        """Return when nobody has been here for a while, or when told to leave."""
        while not self.left.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.left.wait(), 5.0)
            if self.clients == 0 and asyncio.get_running_loop().time() - self._last > IDLE_SECONDS:
                return


def _own(exercise: str | None, source: str | None) -> dict[str, str]:
    """The file that a page's code finds as ``yours``: the learner's where there is one, else our answer."""
    if not exercise:
        return {}
    if source:
        return {"own": source, "whose": "yours"}
    return {"own": exercises.exercise(exercise).text("answer.py"), "whose": "ours"}


def _ended(job: dict[str, Any], why: str, printed: str) -> dict[str, Any]:
    if job["do"] == "fence":
        return {"output": printed, "raised": f"Stopped: {why}.", "seconds": 0.0}
    if job["do"] == "examples":
        return {"trouble": f"stopped: {why}", "examples": [], "wrong": []}
    raise RuntimeError(why)


def _forget(tasks: dict[Any, asyncio.Task[None]], number: Any, _: asyncio.Task[None]) -> None:
    tasks.pop(number, None)


async def serve_socket(path: Path) -> None:
    """Listen on a private unix socket until idle."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    pool = Pool()
    server = Server(pool)
    os.umask(0o077)
    listener = await asyncio.start_unix_server(server.talk, path=str(path), limit=MAX_REQUEST)
    warm = asyncio.create_task(pool.warm())
    warm.add_done_callback(lambda t: t.cancelled() or t.exception())
    inode = path.stat().st_ino
    try:
        await server.idle()
    finally:
        listener.close()
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == inode:  # a successor may have taken the name
                path.unlink()
        await pool.close()


async def serve_stdio() -> None:
    """Serve one client over standard input and output."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_REQUEST)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout.buffer)
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    pool = Pool()
    try:
        await Server(pool).talk(reader, writer)
    finally:
        await pool.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -P -m graders", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--socket", type=Path, metavar="PATH", help="listen on this private unix socket")
    where.add_argument("--stdio", action="store_true", help="serve one client on standard input and output")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve_stdio() if arguments.stdio else serve_socket(arguments.socket))


if __name__ == "__main__":
    main()
