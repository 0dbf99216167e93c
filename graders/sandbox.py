"""Limits on a child that runs a learner's code: memory, files, processes, network; by the kernel where it can be.

On Linux, Landlock takes away every file outside an allow-list and seccomp every system call that starts a process,
opens a network socket, or reaches into another process. Elsewhere only resource limits and an audit hook stand:
best effort, and ``python -P -m graders.sandbox`` says so.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

OPEN_FILES = 64
WRITTEN_MB = 16

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


# --- memory, files -----------------------------------------------------------------------------------------------


def limit_resources(memory_mb: int, cpu_seconds: int) -> None:
    """Bound memory (beyond what this process holds now), processor time, open files and the size of written files."""
    try:
        import resource
    except ImportError:  # Windows
        return

    def bound(what: int, soft: int) -> None:
        hard = resource.getrlimit(what)[1]
        soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(what, (soft, soft))

    bound(resource.RLIMIT_CORE, 0)
    bound(resource.RLIMIT_CPU, cpu_seconds)
    bound(resource.RLIMIT_FSIZE, WRITTEN_MB << 20)
    bound(resource.RLIMIT_NOFILE, OPEN_FILES)
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        bound(resource.RLIMIT_AS, pages * resource.getpagesize() + (memory_mb << 20))


# --- Landlock ----------------------------------------------------------------------------------------------------
# https://docs.kernel.org/userspace-api/landlock.html; the three system calls have the same numbers everywhere.

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_PR_SET_NO_NEW_PRIVS = 38


def landlock_abi() -> int:
    """Version of Landlock that the running kernel offers; 0 where there is none."""
    if _LIBC is None:
        return 0
    return max(0, int(_LIBC.syscall(_CREATE_RULESET, None, 0, 1)))


def restrict_files(readable: list[Path], writable: list[Path]) -> bool:
    """Allow reading below ``readable`` and everything below ``writable``, and no other file. True where it holds."""
    abi = landlock_abi()
    if not abi or _LIBC is None:
        return False
    handled = _ALL_BY_ABI.get(abi, (1 << 16) - 1)
    network = 3 if abi >= 4 else 0  # bind and connect over TCP
    attr = struct.pack("QQ", handled, network) if abi >= 4 else struct.pack("Q", handled)
    ruleset = _LIBC.syscall(_CREATE_RULESET, attr, len(attr), 0)
    if ruleset < 0:
        return False
    try:
        for paths, access in ((readable, _READ_FILE | _READ_DIR), (writable, handled & ~_EXECUTE)):
            for path in paths:
                _allow(ruleset, path, access)
        _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return int(_LIBC.syscall(_RESTRICT_SELF, ruleset, 0)) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, access: int) -> None:
    assert _LIBC is not None
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            access &= _READ_FILE | _WRITE_FILE | _EXECUTE
        _LIBC.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", access, fd), 0)
    finally:
        os.close(fd)


def libraries() -> list[Path]:
    """Where Python and torch live: what a submission may read. Our own rooms are no part of it unless they share a
    folder with the libraries, as in an installed wheel; then each package of that folder is named alone."""
    ours = {"exercises", "graders", "lessons", "gpt2", "tutor"}
    found: list[Path] = [Path(sysconfig.get_path("stdlib")), Path("/usr/lib"), Path("/lib"), Path("/lib64")]
    found += [
        Path("/dev/null"),
        Path("/dev/urandom"),
        Path("/proc/self"),
        Path("/proc/cpuinfo"),
        Path("/proc/meminfo"),
    ]
    found += [Path("/sys/devices/system/cpu"), Path("/etc/localtime"), Path("/usr/share/zoneinfo")]
    for key in ("purelib", "platlib"):
        site = Path(sysconfig.get_path(key))
        if any((site / name).is_dir() for name in ours):
            found += [p for p in site.iterdir() if p.name not in ours]
        else:
            found.append(site)
    stdlib = found[0]
    if (stdlib / "site-packages").is_dir() and any((stdlib / "site-packages" / n).is_dir() for n in ours):
        found[0:1] = [p for p in stdlib.iterdir() if p.name != "site-packages"]
    return [p for p in dict.fromkeys(found) if p.exists()]


# --- seccomp -----------------------------------------------------------------------------------------------------
# A filter in classic BPF: https://docs.kernel.org/userspace-api/seccomp_filter.html

_NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": {
        "audit": 0xC000003E,
        "socket": 41,
        "socketpair": 53,
        "clone": 56,
        "fork": 57,
        "vfork": 58,
        "execve": 59,
        "kill": 62,
        "ptrace": 101,
        "setpgid": 109,
        "setsid": 112,
        "setrlimit": 160,
        "tkill": 200,
        "tgkill": 234,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "execveat": 322,
        "prlimit64": 302,
        "io_uring_setup": 425,
        "pidfd_open": 434,
        "pidfd_send_signal": 424,
        "clone3": 435,
    },
    "aarch64": {
        "audit": 0xC00000B7,
        "socket": 198,
        "socketpair": 199,
        "clone": 220,
        "execve": 221,
        "kill": 129,
        "ptrace": 117,
        "setpgid": 154,
        "setsid": 157,
        "setrlimit": 164,
        "tkill": 130,
        "tgkill": 131,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "execveat": 281,
        "prlimit64": 261,
        "io_uring_setup": 425,
        "pidfd_open": 434,
        "pidfd_send_signal": 424,
        "clone3": 435,
    },
}
_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_CLONE_THREAD = 0x00010000
_EPERM, _ENOSYS = 1, 38


def _filter(threads: bool) -> bytes | None:
    numbers = _NUMBERS.get(platform.machine())
    if numbers is None:
        return None
    pid = os.getpid()
    program: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),  # the architecture: another one would have other numbers
        (_EQUAL, 1, 0, numbers["audit"]),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_LOAD, 0, 0, 0),  # the system call's number
    ]
    for name, number in numbers.items():
        if name in ("audit", "clone3", "clone", "kill", "tgkill", "tkill", "prlimit64"):
            continue
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    # glibc falls back to clone, whose flags can be seen: threads may be allowed, processes are not.
    program += [(_EQUAL, 0, 1, numbers["clone3"]), (_RETURN, 0, 0, _ERRNO | _ENOSYS)]
    program += [
        (_EQUAL, 0, 4, numbers["clone"]),
        (_LOAD, 0, 0, 16),
        (_SET, 1 if threads else 0, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    for name in ("kill", "tgkill"):  # to itself, yes; to the grader, no
        program += [
            (_EQUAL, 0, 4, numbers[name]),
            (_LOAD, 0, 0, 16),
            (_EQUAL, 1, 0, pid),
            (_RETURN, 0, 0, _ERRNO | _EPERM),
            (_RETURN, 0, 0, _ALLOW),
        ]
    program += [
        (_EQUAL, 0, 4, numbers["prlimit64"]),  # reading one's own limits, yes; another process, no
        (_LOAD, 0, 0, 16),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    program += [(_EQUAL, 0, 1, numbers["tkill"]), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in program)


def restrict_calls(threads: bool = True) -> bool:
    """Take away the system calls that start processes (and ``threads``, if they must not be), open sockets or reach
    other processes. True where it holds."""
    code = _filter(threads) if _LIBC is not None else None
    if code is None or _LIBC is None:
        return False
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return int(_LIBC.prctl(22, 2, program, 0, 0)) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


# --- what Python itself can see ----------------------------------------------------------------------------------

_TOLD = {
    "os.fork": "start another process",
    "os.forkpty": "start another process",
    "os.posix_spawn": "start another process",
    "os.exec": "replace the grader's process",
    "os.system": "run a shell command",
    "subprocess.Popen": "start another program",
    "socket.__new__": "open a network connection",
    "socket.connect": "open a network connection",
    "os.kill": "send a signal to a process",
}


def hear(tell: Callable[[str], None]) -> None:
    """Call ``tell`` with what the code tried, for each thing of the kind that a submission has no business with.

    An audit hook cannot be removed again, by anyone. Threads are told as ``start a thread`` (Python 3.12 and newer).
    """

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in _TOLD:
            tell(_TOLD[event])
        elif event == "_thread.start_new_thread" or event == "_thread.start_joinable_thread":
            tell("start a thread")

    sys.addaudithook(hook)


def facts() -> dict[str, Any]:
    """What holds on this machine, for `gradatim doctor`."""
    abi = landlock_abi()
    return {
        "landlock": abi,
        "seccomp": sys.platform == "linux" and platform.machine() in _NUMBERS,
        "memory": sys.platform == "linux",
        "warm": hasattr(os, "fork") and sys.platform == "linux",
        "says": (
            "Submissions are held by the kernel: files, processes, network and memory."
            if abi and platform.machine() in _NUMBERS
            else "Submissions are held by resource limits and Python's audit hook alone: best effort. "
            "Grade strangers' code on Linux 5.13 or newer."
        ),
    }


if __name__ == "__main__":
    print(json.dumps(facts()))
