"""One file from the network, only when asked: resumed where it broke off, checked before it counts."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import os
import re
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib import error, parse, request

CHUNK = 1 << 18
BUSY = (408, 425, 429, 500, 502, 503, 504)  # answers that another try may better
Progress = Callable[[int, int | None], None]  # bytes that are here, bytes in all where that is known


class FetchError(OSError):
    """The file did not come; the message says why and what to do, for the reader."""


class Offline(FetchError):
    """The machine that has the file could not be reached at all."""


class _Broken(Exception):
    """This try failed in a way that the next may not."""


@dataclass(frozen=True)
class _Job:
    """What one call was asked for."""

    address: str
    target: Path
    size: int | None
    sha256: str | None
    progress: Progress
    timeout: float
    tries: int
    pause: float

    @property
    def host(self) -> str:
        return parse.urlsplit(self.address).hostname or self.address


def linked(headers: Message) -> str | None:
    """Return the SHA-256 that Hugging Face tells of a large file, or None."""
    digest = str(headers.get("X-Linked-ETag", "")).strip('"')
    return digest if re.fullmatch("[0-9a-f]{64}", digest) else None


class _Redirects(request.HTTPRedirectHandler):
    """Follows redirects, and keeps the SHA-256 that Hugging Face tells with its first answer."""

    sha256: str | None = None

    def redirect_request(
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> request.Request | None:
        """As the base class does; the headers of this answer are seen nowhere else."""
        self.sha256 = linked(headers) or self.sha256
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type,unused-ignore]


def amount(size: float) -> str:
    """Write a size as people do: 912 bytes, 1.1 MB, 20 GB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor * 0.9995:
            return f"{size / factor:.{1 if size < 9.95 * factor else 0}f} {unit}"
    return f"{size:.0f} bytes"


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(
    address: str, target: Path, size: int | None = None, sha256: str | None = None,
    progress: Progress | None = None, check: Callable[[Path], None] | None = None,
    timeout: float = 30.0, tries: int = 5, pause: float = 1.0,
) -> Path:  # fmt: skip
    """Bring `address` to `target` and return it. Until it is whole and checked, it is `target` + ".part".

    What a broken connection or Ctrl-C left is gone on with, here and in a later call. The content is held
    against `size` and `sha256` (or the SHA-256 that the server tells), and `check` may look into it and
    raise ValueError. Proxies are taken from the environment, as HTTPS_PROXY. After `tries` tries that
    bring nothing new, `pause` seconds apart, it gives up.
    Raises FetchError, and Offline where there is no way to the server; `target` is then as it was.
    """
    part = target.with_name(target.name + ".part")
    job = _Job(address, target, size, sha256, progress or (lambda done, total: None), timeout, tries, pause)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _held(part) as file:
            resumed = _length(file) > 0
            while True:
                told = _whole(file, job)
                wrong = _wrong(part, told, check)
                if wrong is None:
                    break
                file.truncate(0)
                if not resumed:
                    raise FetchError(
                        f"What came from {job.host} is not the file that was meant: {wrong}. Nothing of it was kept. "
                        "Try once more; if it comes again, the file there has been changed."
                    )
                resumed = False  # the piece from an earlier time did not belong to this file: once more, all of it
            os.fsync(file.fileno())
            if os.name == "nt":
                file.close()  # Windows renames no open file
            part.replace(target)
    except FetchError:
        raise
    except OSError as failure:
        raise FetchError(f"{target} cannot be written: {failure.strerror or failure}.") from failure
    return target


@contextlib.contextmanager
def _held(part: Path) -> Iterator[IO[bytes]]:
    """Open the piece that is here already, or an empty one, for this process alone; leave no empty one behind."""
    with open(part, "ab", buffering=0) as file:
        with contextlib.suppress(ImportError):  # where there is no such lock, the checksum still guards the result
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                theirs = not part.exists() or not os.path.samestat(os.fstat(file.fileno()), part.stat())
            except BlockingIOError:
                theirs = True
            except OSError:
                theirs = False  # some network disks know no locks
            if theirs:
                raise FetchError(f"{part.name} is being fetched by another command; let that one finish.")
        try:
            yield file
        finally:
            if not file.closed and _length(file) == 0:
                with contextlib.suppress(OSError):
                    part.unlink()


def _length(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _whole(file: IO[bytes], job: _Job) -> str | None:
    """Try until the file is whole; return the SHA-256 it should have, or None where nobody tells."""
    most, left, came = _length(file), job.tries, False
    while True:
        try:
            return _once(file, job)
        except _Broken as broken:
            why: Any = broken
        except error.HTTPError as answer:
            answer.close()
            if answer.code not in BUSY:
                raise FetchError(f"{job.host} answers {answer.code} ({answer.reason}) for {job.address}.") from None
            why = f"it answers {answer.code}, {answer.reason}"
        except (OSError, http.client.HTTPException) as failure:
            if isinstance(failure, FetchError):
                raise
            why = getattr(failure, "reason", failure)
            if not came and not _length(file) > most:
                raise _offline(job, why) from failure
        came = True
        now = _length(file)
        most, left = (now, job.tries) if now > most else (most, left - 1)
        if left < 1:
            kept = f" {amount(now)} are kept: the same command goes on from there." if now else ""
            raise FetchError(f"The connection to {job.host} broke off again and again ({why}).{kept}")
        time.sleep(job.pause)


def _offline(job: _Job, why: Any) -> Offline:
    """Say that there is no way to a machine, and which ways are left."""
    reason = getattr(why, "strerror", None) or str(why) or type(why).__name__
    if isinstance(why, ssl.SSLCertVerificationError):
        likely = "its certificate is not trusted here; SSL_CERT_FILE can name the one that your network needs"
    else:
        likely = "this machine seems to be offline; where a proxy is needed, HTTPS_PROXY names it"
    return Offline(
        f"{job.host} cannot be reached ({reason}): {likely}.\n"
        f"Without a network, bring this file from another machine:\n  {job.address}\nand put it here:\n  {job.target}"
    )


def _once(file: IO[bytes], job: _Job) -> str | None:
    """Ask once for what is missing and write it down. Raises _Broken where the answer ended early."""
    start = _length(file)
    redirects = _Redirects()
    asked = request.Request(job.address, headers={"User-Agent": "gradatim"})
    if start:
        asked.add_header("Range", f"bytes={start}-")
    try:
        answer = request.build_opener(redirects).open(asked, timeout=job.timeout)
    except error.HTTPError as refused:
        if refused.code != 416:
            raise
        refused.close()
        told = job.sha256 or redirects.sha256
        if told and str(refused.headers.get("Content-Range", "")) == f"bytes */{start}":
            return told  # nothing was missing but the end of the call
        file.truncate(0)
        raise _Broken("the piece that was here did not fit") from None
    with answer:
        told = job.sha256 or redirects.sha256 or linked(answer.headers)
        if start and answer.status == 206 and told is None:
            # Without a checksum nothing could tell whether the two pieces belong to one file.
            file.truncate(0)
            raise _Broken("the server tells no checksum, so the file begins anew")
        fits = answer.status == 206 and str(answer.headers.get("Content-Range", "")).startswith(f"bytes {start}-")
        if start and not fits:
            if answer.status == 206:
                raise _Broken("the server sent another piece than was asked for")
            file.truncate(0)
            start = 0
        length = str(answer.headers.get("Content-Length", ""))
        total = start + int(length) if length.isdigit() else None
        if job.size is not None and total is not None and total != job.size:
            raise FetchError(f"{job.address} is not the file that was meant: it has {total:,} bytes, not {job.size:,}.")
        _room(file, total or job.size, start)
        done = start
        while True:
            job.progress(done, total or job.size)
            chunk = answer.read(CHUNK)
            if not chunk:
                break
            _write(file, chunk)
            done += len(chunk)
        if total is not None and done < total:
            raise _Broken(f"it ended after {amount(done)} of {amount(total)}")
    return told


def _room(file: IO[bytes], total: int | None, start: int) -> None:
    """Raise FetchError at once where the disk cannot hold what is to come."""
    folder = Path(file.name).parent
    needed, free = (total or 0) - start, shutil.disk_usage(folder).free
    if needed > free:
        raise FetchError(
            f"The disk is too full: {amount(needed)} are to come, and {folder} has room for {amount(free)}."
        )


def _write(file: IO[bytes], chunk: bytes) -> None:
    """Write all of a chunk. Raises FetchError where the disk refuses."""
    view = memoryview(chunk)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError as failure:
        if failure.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise FetchError(f"{file.name} cannot be written: {failure.strerror or failure}.") from failure
        raise FetchError(
            f"The disk is full: {amount(_length(file))} of the file are kept in {Path(file.name).parent}. "
            "Make room, and the same command goes on from there."
        ) from failure


def _wrong(part: Path, sha256: str | None, check: Callable[[Path], None] | None) -> str | None:
    """Say what is wrong with a file that came whole, or None."""
    if sha256 is not None and (found := digest_of(part)) != sha256:
        return f"its SHA-256 begins with {found[:12]} instead of {sha256[:12]}"
    if check is not None:
        try:
            check(part)
        except ValueError as failure:
            return str(failure)
    return None
