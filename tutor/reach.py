"""How the grader is reached: over its private socket, started if nobody answers, or over a pipe."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import IO

from tutor import paths
from tutor.processes import be_nice, child_environment, module_command, spawn

START_SECONDS = 60.0
"""How long a new grader may take until it listens; loading torch takes two to three."""
LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one line; the longest carry pictures of tensors."""

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter, asyncio.subprocess.Process | None]


class GraderError(Exception):
    """The grader itself failed; the message is for the reader."""


class Lost(Exception):
    """The connection ended in the middle of a request."""


async def open_line() -> Line:
    """A line to the grader that listens already, or to one that this starts. Raises GraderError."""
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
            except (BlockingIOError, Lost):
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
    """Connect and hear a first word. Raises OSError when nobody listens, Lost when it is ending."""
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
    raise Lost


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
