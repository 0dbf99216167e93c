"""What every command needs: the learner's things, opened when first used, and two ways to speak."""

from __future__ import annotations

import json
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from tutor import paths
from tutor.commands import paper

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from rich.console import Console

    from exercises import Exercise
    from lessons import Lesson
    from tutor.course import Course, Entry
    from tutor.progress import Progress
    from tutor.settings import Settings
    from tutor.workspace import Workspace

_T = TypeVar("_T")
PASSED, NOT_PASSED, WRONG_USE, BROKEN = 0, 1, 2, 3
"""Exit codes, the same for every command."""


class Refusal(Exception):
    """The command cannot be done as asked; one sentence for the reader, and the exit code."""

    def __init__(self, message: str, code: int = WRONG_USE) -> None:
        super().__init__(message)
        self.code = code


class Desk:
    """The learner's things, each opened when it is first used."""

    debug = False
    """Whether tracebacks are wanted."""

    @cached_property
    def progress(self) -> Progress:
        from tutor.progress import Progress

        progress = Progress(paths.database())
        if progress.notice:
            say(progress.notice)
        progress.tell = say
        return progress

    @cached_property
    def course(self) -> Course:
        from tutor.course import Course

        return Course(self.progress)

    @cached_property
    def settings(self) -> Settings:
        from tutor.settings import Settings

        return Settings.kept()

    @cached_property
    def workspace(self) -> Workspace:
        from tutor.workspace import Workspace

        return Workspace(paths.home())

    def settle(self) -> None:
        """At the end: say what of the progress could not be written."""
        progress = self.__dict__.get("progress")
        if progress is not None and (lost := progress.settle()):
            say(lost)

    def entry(self, name: str) -> Entry:
        """The exercise called so. Raises Refusal with the nearest names."""
        try:
            return self.course.find(name)
        except KeyError as error:
            refuse(error)

    def lesson(self, name: str) -> Lesson:
        """The lesson called so. Raises Refusal with the nearest names."""
        from lessons import lesson

        try:
            return lesson(name)
        except KeyError as error:
            refuse(error)

    def start_text(self, exercise: Exercise) -> str | None:
        """The stub that the grader draws afresh for a "predict" exercise; None where the stub is a file."""
        if exercise.kind != "predict":
            return None
        import asyncio
        import secrets

        from tutor.grader import SEEDS, Grader, GraderError

        async def draw() -> str:
            async with await Grader.connect() as grader:
                return await grader.start_text(exercise.id, secrets.randbelow(SEEDS))

        try:
            return asyncio.run(draw())
        except GraderError as error:
            raise Refusal(f"The questions could not be drawn: {error}", BROKEN) from None


def refuse(error: KeyError) -> NoReturn:
    """Turn the sentence of a KeyError into a Refusal."""
    raise Refusal(str(error.args[0]) if error.args else "There is no such name.") from None


def say(text: str) -> None:
    """Narrate: for the reader, never part of a result. On a terminal lines are broken at words."""
    if sys.stderr.isatty():
        text = paper.fitted(text, paper.width(sys.stderr))
    print(text, file=sys.stderr, flush=True)


def converse(work: Coroutine[Any, Any, _T]) -> _T:
    """Run what asks and waits for lines; Ctrl-C ends it at once.

    asyncio would take Ctrl-C as a wish for the next turn of its loop, and that waits for the very line. It leaves
    a handler alone that is not Python's own.
    """
    import asyncio
    import signal

    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        return asyncio.run(work)
    finally:
        signal.signal(signal.SIGINT, before)


def put_json(document: dict[str, Any]) -> None:
    """Print a document for programs, with its version in front."""
    from tutor.commands.plain import Plain

    # Escaped in ASCII mode, so that the stand-ins for signs do not touch it.
    print(json.dumps({"version": 1, **document}, ensure_ascii=isinstance(sys.stdout, Plain), indent=2))


def console() -> Console:
    """A console on standard output; plain where that is not a terminal, without color under NO_COLOR."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def short(path: Path) -> str:
    """A path as a reader would write it: with ``~`` for the home folder."""
    try:
        return "~/" + path.relative_to(Path.home()).as_posix()
    except ValueError:
        return str(path)


def minutes(count: int) -> str:
    """Minutes in words: ``25 min``, ``1 h 30 min``."""
    hours, rest = divmod(count, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def so_far(course: Course) -> str:
    """How the whole course stands, in one sentence."""
    done, total = course.totals()
    tested = len(course.tested_out())
    known = ", 1 lesson tested out" if tested == 1 else f", {tested} lessons tested out" if tested else ""
    return f"{done} of {total} exercises done{known}, about {minutes(course.minutes_left())} left."


desk = Desk()
"""The desk of this process: one command runs in it."""
