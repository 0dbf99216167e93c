"""The quickest way to the screens, and to a verdict: a plain `gradatim check`, where the grader is warm.

The commands' libraries take longer to load than the grader to judge, so this does without them. It takes the plain
forms alone; whatever else there is to do or to say, mistakes in the words included, it leaves to `tutor.cli`.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import exercises
import lessons
from exercises import Exercise
from graders.report import Report
from tutor import paths
from tutor.workspace import Workspace, read_text


@dataclass(frozen=True)
class Plain:
    """What a plain `check` asks for."""

    exercise: Exercise
    lesson: str
    path: Path
    seed: int | None

    @property
    def name(self) -> str:
        """The full name, such as ``L03/stable-softmax``."""
        return f"{self.lesson}/{self.exercise.name}"


def run(words: list[str]) -> int | None:
    """Do what the words ask for: its exit code; None where `tutor.cli` has to."""
    if words:
        return check(words)
    from tutor.commands import screens

    return screens.open_screens() if screens.possible() else None


def check(words: list[str]) -> int | None:
    """Grade and show the verdict: its exit code; None where this is no plain check or the grader is not warm."""
    if words[:1] != ["check"] or not hasattr(socket, "AF_UNIX") or os.environ.get("GRADATIM_GRADER") == "stdio":
        return None
    asked = plain(words[1:])
    if asked is None:
        return None
    try:
        text = read_text(asked.path)
        line = _call(paths.socket_path())
    except (OSError, ValueError):
        return None
    from tutor.commands.verdict import Ladder

    with line, Ladder(asked.name) as ladder:
        for event in _events(line, asked, text):
            ladder.on(event)
            if event["event"] == "report":
                report = Report.from_json(event["report"])
                break
        else:
            return None  # the grader has gone away: let another be started, and asked again
    if report.status == "broken":
        return None
    conclude(asked.exercise, asked.name, text, asked.path, report)
    return 0 if report.passed else 1


def plain(words: list[str]) -> Plain | None:
    """Read ``EX``, ``EX --seed N`` or ``EX --file F``; None for all else that `check` can do."""
    file: Path | None = None
    seed: int | None = None
    rest = list(words)
    for option in ("--file", "--seed"):
        if option in rest[:-1]:
            at = rest.index(option)
            value = rest[at + 1]
            del rest[at : at + 2]
            if option == "--file":
                file = Path(value)
            elif value.isdecimal():
                seed = int(value)
            else:
                return None
    if len(rest) != 1 or rest[0].startswith("-") or str(file) == "-":
        return None
    lesson, _, name = rest[0].rpartition("/")
    try:
        exercise = exercises.exercise(name)
    except KeyError:
        return None
    home = lessons.home_of(exercise.id)
    if home is None or lesson.upper() not in ("", home):
        return None
    return Plain(exercise, home, file or Workspace(paths.home()).file(exercise), seed)


def conclude(exercise: Exercise, name: str, text: str, path: Path | None, report: Report, quiet: bool = False) -> None:
    """Keep the attempt when the file is the learner's own, and only then show the verdict."""
    from tutor.commands.context import desk

    if path is not None and _same(path, desk.workspace.file(exercise)):
        desk.progress.attempt(exercise.id, text, report, exercise.content_hash, "check")
    if not quiet:
        from tutor.commands import verdict

        verdict.show(report, name, exercise.after)


def _call(path: Path) -> socket.socket:
    """A line to the grader that listens already. Raises OSError when none does."""
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(paths.SILENCE_SECONDS)
        line.connect(str(path))
    except OSError:
        line.close()
        raise
    return line


def _events(line: socket.socket, asked: Plain, text: str) -> Iterator[dict[str, Any]]:
    """What the grader says, to the end of the line."""
    request = {
        "id": 1,
        "do": "check",
        "exercise": asked.exercise.id,
        "source": text,
        "seed": asked.seed,
        "file": str(asked.path),
    }
    try:
        line.sendall(json.dumps(request).encode() + b"\n")
        with line.makefile("rb") as reader:
            for said in reader:
                yield json.loads(said)
    except (OSError, ValueError):
        return


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
