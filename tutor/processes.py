"""How our own modules are started: always in a process of their own, always with ``python -P``."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tutor import paths

NICE = 10
"""How much what the learner waits for, such as graders, steps back behind the screens."""
NICEST = 19
"""How much runs, which take minutes to days, step back behind all of it."""

QUIETLY = """
import runpy, sys
try:
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
except (KeyboardInterrupt, RuntimeError) as error:
    if not isinstance(error, KeyboardInterrupt) and not isinstance(error.__cause__, KeyboardInterrupt):
        raise
    print("stopped before it began; what was there is as it was", file=sys.stderr)
    sys.exit(130)
"""
"""A module as `python -m` runs it, but for Ctrl-C while it is still loading torch, which takes seconds."""


def module_command(module: str, *words: str) -> list[str]:
    """The command line of one of our modules; ``-P`` keeps the learner's folder out of ``sys.path``."""
    return [sys.executable, "-P", "-m", module, *words]


def child_environment() -> dict[str, str]:
    """This process's environment, with our packages findable where they run from a plain checkout."""
    environment = dict(os.environ, PYTHONIOENCODING="utf-8")
    if str(paths.ROOT) not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        known = environment.get("PYTHONPATH", "").split(os.pathsep)
        others = [p for p in known if p and p != str(paths.ROOT)]
        environment["PYTHONPATH"] = os.pathsep.join([str(paths.ROOT), *others])
    return environment


def spawn(command: Sequence[str], out: IO[bytes], nice: int = NICE) -> subprocess.Popen[bytes]:
    """Start a niced process that outlives this one and its terminal; what it says goes to ``out``."""
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        env=child_environment(),
        start_new_session=True,
        creationflags=flags,
    )
    be_nice(process.pid, nice)
    return process


def be_nice(pid: int, nice: int = NICE) -> None:
    """Let the screens go first.

    Where Linux shares the processor out among sessions (sched(7), autogroup), a nice value counts only within one: a
    process with a session of its own, as `spawn` starts it, must have that session step back too.
    """
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid) + nice)
            if os.getsid(pid) == pid:
                Path(f"/proc/{pid}/autogroup").write_text(str(nice), encoding="ascii")


def call(module: str, *words: str) -> int:
    """Run one of our modules in this terminal and return its exit code; Ctrl-C reaches it too."""
    return run_here([sys.executable, "-P", "-c", QUIETLY, module, *words], child_environment())


def run_here(command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> int:
    """Run a program in this terminal, and in a folder, and return its exit code; Ctrl-C reaches it too."""
    process = subprocess.Popen(command, env=environment, cwd=folder)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the child got it as well and decides how to end


def ask(module: str, *words: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run one of our modules silently and return what it said. Raises subprocess.TimeoutExpired."""
    return subprocess.run(
        module_command(module, *words),
        capture_output=True,
        text=True,
        env=child_environment(),
        timeout=timeout,
        stdin=subprocess.DEVNULL,
    )
