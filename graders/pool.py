"""The judge's side of its children: starts the zygote, hands out jobs, reads frames, and ends what takes too much."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from graders.wire import unpack_header, unpack_length

Frame = dict[str, Any]
MAX_OUTPUT = 1 << 20
KEPT_OUTPUT = 4000
MAX_TRAFFIC = 512 << 20


class Ended(Exception):
    """The child ended before it was done; ``kind`` is ``exit``, ``signal``, ``timeout``, ``output`` or ``traffic``."""

    def __init__(self, kind: str, detail: Any = None) -> None:
        super().__init__(kind)
        self.kind, self.detail = kind, detail


class Child:
    """One running job: an async stream of (frame, payload), with limits on silence and output."""

    def __init__(self, reader: asyncio.StreamReader, output: asyncio.StreamReader, scratch: Path) -> None:
        self._reader, self._output_reader = reader, output
        self.scratch = scratch
        self.pid = 0
        self.output = bytearray()
        self.flooded = False
        self.code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._pump = asyncio.create_task(self._read_output())
        self._traffic = 0
        self._close: list[Any] = []

    async def _read_output(self) -> None:
        total = 0
        while chunk := await self._output_reader.read(65536):
            total += len(chunk)
            if len(self.output) < KEPT_OUTPUT:
                self.output += chunk[: KEPT_OUTPUT - len(self.output)]
            if total > MAX_OUTPUT:
                self.flooded = True
                self.kill()
                return

    async def frames(self, seconds: float) -> AsyncIterator[tuple[Frame, bytes]]:
        """Frames up to and including ``done``. Raises Ended when the child ends, floods, or one check takes longer
        than ``seconds``; Broken when it sends something else than frames."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 60.0
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    header, payload = await self._frame()
            except TimeoutError:
                await self._ask_where()
                self.kill()
                raise Ended("timeout") from None
            except (asyncio.IncompleteReadError, ConnectionError):
                await self._settle()
                if self.flooded:
                    raise Ended("output") from None
                code = await self._exit_code()
                raise Ended("signal" if code < 0 else "exit", code) from None
            if header["f"] in ("begin", "seed"):
                deadline = loop.time() + seconds + 1.0
            yield header, payload
            if header["f"] == "done":
                return

    async def _frame(self) -> tuple[Frame, bytes]:
        length = unpack_length(await self._reader.readexactly(4))
        header = unpack_header(await self._reader.readexactly(length))
        self._traffic += length + header["bytes"]
        if self._traffic > MAX_TRAFFIC:
            self.kill()
            raise Ended("traffic")
        return header, await self._reader.readexactly(header["bytes"])

    async def _ask_where(self) -> None:
        """Let faulthandler print the line on which a process hangs in C, where no Python handler runs."""
        if hasattr(signal, "SIGUSR1") and not self.code.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, signal.SIGUSR1)
            await asyncio.sleep(0.2)

    async def _settle(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._pump), 0.5)

    async def _exit_code(self) -> int:
        try:
            return await asyncio.wait_for(asyncio.shield(self.code), 2.0)
        except TimeoutError:
            self.kill()
            return 0

    def printed(self) -> str:
        """What the child printed so far, as text."""
        return self.output.decode("utf-8", "replace")

    def kill(self) -> None:
        """End the child and everything in its process group."""
        if self.pid and not self.code.done():
            for end in (os.killpg, os.kill) if hasattr(os, "killpg") else (os.kill,):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    end(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    async def close(self) -> None:
        """End the child, wait until it is gone, and take its scratch folder away."""
        self.kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.code), 5.0)
        self._pump.cancel()
        for resource in self._close:
            with contextlib.suppress(Exception):
                resource.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


class Pool:
    """Starts children: by forking a warm zygote where that is safe, else by keeping one spare process waiting."""

    def __init__(self, fork: bool | None = None, at_once: int | None = None) -> None:
        self.fork = (sys.platform == "linux") if fork is None else fork
        at_once = at_once or max(2, os.cpu_count() or 1)
        self._slots = asyncio.Semaphore(at_once)
        # Our own answers have slots of their own: a submission holds its slot while it waits for the reference.
        self._own_slots = asyncio.Semaphore(at_once)
        self._root = Path(tempfile.mkdtemp(prefix="gradatim-"))
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lock = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._children: dict[int, Child] = {}
        self._early: dict[int, int] = {}
        self._number = 0
        self._reader_task: asyncio.Task[None] | None = None
        self._spare: asyncio.subprocess.Process | None = None
        self._closed = False

    @contextlib.asynccontextmanager
    async def child(self, job: Frame) -> AsyncIterator[Child]:
        """A child that works on ``job``; it is gone when the block is left."""
        async with self._own_slots if job.get("trusted") else self._slots:
            scratch = Path(tempfile.mkdtemp(dir=self._root))
            job = {**job, "scratch": str(scratch)}
            child = await (self._forked(job, scratch) if self.fork else self._spared(job, scratch))
            try:
                yield child
            finally:
                await child.close()
                self._children.pop(child.pid, None)

    async def warm(self) -> None:
        """Wait until torch is loaded and jobs start at once."""
        if self.fork:
            async with self._lock:
                await self._start_zygote()

    async def _start_zygote(self) -> None:
        if self._closed:
            raise RuntimeError("the grader is leaving")
        if self._zygote is not None and self._zygote.poll() is None:
            return
        mine, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "graders.zygote", str(theirs.fileno())]
        self._zygote = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        theirs.close()
        mine.setblocking(False)
        self._control = mine
        reader, self._writer = await asyncio.open_connection(sock=mine.dup())
        line = await reader.readline()
        if not line:
            raise RuntimeError("the grader's process with torch could not start; `gradatim doctor` says more")
        self._reader_task = asyncio.create_task(self._read_control(reader))

    async def _read_control(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            news = json.loads(line)
            if "forked" in news:
                self._waiting.pop(news["forked"]).set_result(news["pid"])
            elif news["ended"] in self._children:
                code = self._children[news["ended"]].code
                if not code.done():
                    code.set_result(news["code"])
            else:
                self._early[news["ended"]] = news["code"]
        for child in self._children.values():
            if not child.code.done():
                child.code.set_result(-9)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(RuntimeError("the grader's process with torch ended"))
        self._waiting.clear()

    async def _forked(self, job: Frame, scratch: Path) -> Child:
        talk, theirs = socket.socketpair()
        read_end, write_end = os.pipe()
        async with self._lock:
            await self._start_zygote()
            assert self._control is not None
            self._number += 1
            future = asyncio.get_running_loop().create_future()
            self._waiting[self._number] = future
            request = json.dumps({"number": self._number, "load": job.get("load", [])}).encode()
            socket.send_fds(self._control, [request], [theirs.fileno(), write_end])
            theirs.close()
            os.close(write_end)
            pid = await future
        reader, writer = await asyncio.open_connection(sock=talk, limit=1 << 22)
        body = json.dumps(job).encode()
        writer.write(len(body).to_bytes(4, "big") + body)
        output = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(read_end, "rb")
        )
        child = Child(reader, output, scratch)
        child.pid = pid
        child._close = [writer, transport]
        self._children[pid] = child
        if pid in self._early:
            child.code.set_result(self._early.pop(pid))
        return child

    async def _spared(self, job: Frame, scratch: Path) -> Child:
        async with self._lock:
            process = self._spare or await _start_once()
            self._spare = await _start_once()
        assert process.stdin and process.stdout and process.stderr
        body = json.dumps(job).encode()
        process.stdin.write(len(body).to_bytes(4, "big") + body)
        child = Child(process.stdout, process.stderr, scratch)
        child.pid = process.pid
        waiter = asyncio.create_task(process.wait())
        waiter.add_done_callback(lambda t: None if child.code.done() else child.code.set_result(t.result()))
        return child

    async def close(self) -> None:
        """End every process that this pool started."""
        self._closed = True
        for child in list(self._children.values()):
            child.kill()
        if self._control is not None:
            self._writer.close()
            self._control.close()
        if self._zygote is not None:
            self._zygote.kill()
            await asyncio.to_thread(self._zygote.wait)
        if self._spare is not None:
            with contextlib.suppress(ProcessLookupError):
                self._spare.kill()
            await self._spare.wait()
        if self._reader_task is not None:
            self._reader_task.cancel()
        shutil.rmtree(self._root, ignore_errors=True)


async def _start_once() -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "graders.zygote", "--once", stdin=pipe, stdout=pipe, stderr=pipe,
        env=_environment(), start_new_session=sys.platform != "win32", limit=1 << 22,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    """The environment of a child: nothing of the user's but what Python and torch need to start."""
    keep = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "SYSTEMROOT",
        "TEMP",
        "VIRTUAL_ENV",
        "LD_LIBRARY_PATH",
    )
    env = {k: v for k, v in os.environ.items() if k in keep or k.startswith("TIKTOKEN")}
    root = str(Path(__file__).parent.parent)
    return {
        **env,
        "PYTHONPATH": root,
        "PYTHONDONTWRITEBYTECODE": "1",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUTF8": "1",
    }
