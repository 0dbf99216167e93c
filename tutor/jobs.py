"""Graders and runs as the desk uses them: ask for a verdict, start a training run, see how it does."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tutor.grader import Event, Grader, GraderError, check_sync
from tutor.processes import NICEST, ask, call, module_command, spawn
from tutor.sampler import Sampler
from tutor.workspace import write_atomic

__all__ = [
    "Event",
    "Grader",
    "GraderError",
    "Sampler",
    "ask",
    "call",
    "check_sync",
    "run_alive",
    "runs",
    "start_run",
    "stop_run",
    "write_parts",
]

_started: dict[int, subprocess.Popen[bytes]] = {}
"""Runs that this process started: polling them is what keeps an ended one from looking alive."""


def start_run(folder: Path, words: Sequence[str], parts: Mapping[str, str] | None = None) -> int:
    """Train into ``folder``, detached and niced; returns the process id. The window may close.

    ``parts`` are the learner's own pieces by slot (`Course.parts`), see `write_parts`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_parts(folder, parts or {})
    with (folder / "train.out").open("ab") as out:
        process = spawn(module_command("gpt2.train", str(folder), *words), out, NICEST)
    _started[process.pid] = process
    # The trainer notes its own number in its lock, but only once torch is loaded.
    (folder / "pid").write_text(f"{process.pid}\n", encoding="ascii")
    return process.pid


def write_parts(folder: Path, parts: Mapping[str, str]) -> bool:
    """Put the learner's pieces into a new run's folder, as they were when they passed; whether that was done.

    They are copies: a file that the learner changes later changes no run. A run that has begun keeps its own.
    """
    if not parts or (folder / "parts.toml").exists() or (folder / "log.jsonl").exists():
        return False
    lines = ["# Whose code this run is built from: pieces that you wrote, proven equal to ours before use."]
    for slot, source in parts.items():
        file = folder / "parts" / f"{slot}.py"
        write_atomic(file, source)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines.append(f'\n[parts.{slot}]\nfile = "parts/{slot}.py"\nhash = "sha256:{digest}"')
    write_atomic(folder / "parts.toml", "\n".join(lines) + "\n")
    return True


def stop_run(folder: Path) -> bool:
    """Ask the run to save a checkpoint and end; returns whether one was at work."""
    pid = _run_pid(folder)
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    return True


def run_alive(folder: Path) -> bool:
    """Whether a process trains in this folder, started here or anywhere."""
    return _run_pid(folder) is not None


def _run_pid(folder: Path) -> int | None:
    for note in ("pid", ".lock"):
        try:
            pid = int((folder / note).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        if _trains(pid):
            return pid
    return None


def _trains(pid: int) -> bool:
    if pid in _started:
        return _started[pid].poll() is None
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        # After a restart of the machine the number may belong to something else entirely.
        return b"gpt2.train" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True


def runs(root: Path) -> list[Path]:
    """The run folders below ``root``, the newest first; one that was imported has no log before it trains."""
    newest: dict[Path, float] = {}
    for name in ("config.json", "log.jsonl"):
        newest |= {path.parent: path.stat().st_mtime for path in root.glob(f"*/{name}")}
    return sorted(newest, key=lambda folder: newest[folder], reverse=True)
