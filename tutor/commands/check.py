"""`gradatim check`: a verdict on the command line, once, at every save, or for a whole class."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tutor.commands.completion import exercise_names
from tutor.commands.context import (
    BROKEN,
    NOT_PASSED,
    PASSED,
    Refusal,
    desk,
    put_json,
    say,
    short,
)

if TYPE_CHECKING:
    from graders.report import Report
    from tutor.course import Entry
    from tutor.jobs import Grader

POLL_SECONDS = 0.3


def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[EX]…", help="Exercises; without one, the file saved last.", autocompletion=exercise_names
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Grade this file instead of the one in your folder; - reads the input."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Draw the inputs with this seed; otherwise every check draws new ones."),
    ] = None,
    shapes: Annotated[
        bool, typer.Option("--shapes", help="After a pass too, show the shapes that flowed through each line.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again at every save, until Ctrl-C.")] = False,
    all_: Annotated[
        Path | None,
        typer.Option("--all", metavar="FOLDER", help="Grade a class: one folder a student, one file an exercise."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="With --all: also write JSON, CSV, JUnit and, for each student, Gradescope's results there.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON, and nothing else.")] = False,
) -> None:
    """Grade your work. Exit code 0: passed, 1: not passed, 2: wrong use, 3: the grader itself failed.

    Each rung of the ladder is one check, in the order of causes; behind the first that fails the rest wait.
    The attempt is kept in your history when the file is the one in your own folder.
    """
    if all_ is not None:
        if names or file or watch:
            raise Refusal("--all grades a whole folder; it goes with --seed, --out and --json only.")
        from tutor.commands.classroom import grade_all

        raise typer.Exit(grade_all(all_, seed, out, json))
    if out is not None:
        raise Refusal("--out belongs to --all FOLDER.")
    entries = _which(names or [], file)
    if watch:
        if file is not None and str(file) == "-":
            raise Refusal("--watch needs a file, not the input.")
        if json:
            raise Refusal("--watch and --json do not go together.")
        asyncio.run(_watch(entries, file, seed))
    if json and shapes:
        raise Refusal("--json has the shapes of what failed already; --shapes prints those of a pass, for reading.")
    raise typer.Exit(asyncio.run(_once(entries, file, seed, json, shapes)))


def _which(names: list[str], file: Path | None) -> list[Entry]:
    if file is not None and len(names) > 1:
        raise Refusal("--file is one file: name the one exercise that it answers.")
    if names:
        return [desk.entry(name) for name in names]
    if file is not None:
        if str(file) == "-":
            raise Refusal("Name the exercise that the input answers: gradatim check EX --file -")
        return [desk.entry(file.stem)]
    entries = [entry for entry in desk.course.entries() if desk.workspace.exists(entry.exercise)]
    if not entries:
        first = desk.course.next()
        hint = f" Begin with: gradatim start {first.name}" if first else ""
        raise Refusal(f"You have not started an exercise yet.{hint}")
    latest = max(entries, key=lambda entry: desk.workspace.file(entry.exercise).stat().st_mtime)
    say(f"Checking the file you saved last: {latest.name}")
    return [latest]


def _source(entry: Entry, file: Path | None) -> tuple[str, Path | None]:
    """The text to grade and where it stands; None for the input. Raises Refusal."""
    from tutor.workspace import read_text

    if file is not None and str(file) == "-":
        return sys.stdin.read(), None
    path = file if file is not None else desk.workspace.file(entry.exercise)
    try:
        return read_text(path), path
    except FileNotFoundError:
        if file is None:
            raise Refusal(f"You have not started {entry.name} yet. Begin with: gradatim start {entry.name}") from None
        raise Refusal(f"There is no file {path}.") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise Refusal(str(error)) from None


async def _once(entries: list[Entry], file: Path | None, seed: int | None, json: bool, shapes: bool) -> int:
    sources = [_source(entry, file) for entry in entries]
    reports: list[Report] = []
    async with await _grader(quiet=json) as grader:
        for entry, (text, path) in zip(entries, sources, strict=True):
            if reports and not json:
                print()
            reports.append(await grade(grader, entry, text, path, seed, quiet=json))
            if shapes and reports[-1].passed:
                await _show_shapes(grader, entry, text, reports[-1].seed)
    if json:
        from graders.report import results_json

        document = results_json(reports)
        document.pop("version")
        put_json(document)
    return exit_code(reports)


async def _show_shapes(grader: Grader, entry: Entry, text: str, seed: int) -> None:
    """The lens on a passing input, as a failure shows it."""
    from tutor.commands import verdict

    seen = await grader.shapes(entry.exercise.id, text, seed)
    print()
    if seen.get("check"):
        verdict.flowed(seen)
    else:
        say("No line of the file ran in any check: there are no shapes to show.")


def exit_code(reports: list[Report]) -> int:
    """3 if one is broken, else 1 if one has not passed, else 0."""
    if any(report.status == "broken" for report in reports):
        return BROKEN
    return PASSED if all(report.passed for report in reports) else NOT_PASSED


async def _grader(quiet: bool) -> Grader:
    from tutor.commands import verdict
    from tutor.jobs import Grader, GraderError

    try:
        if quiet:
            return await Grader.connect()
        with verdict.spinner("warming up torch…"):
            return await Grader.connect()
    except GraderError as error:
        raise Refusal(f"The grader could not be started: {error}", BROKEN) from None


async def grade(grader: Grader, entry: Entry, text: str, path: Path | None, seed: int | None, quiet: bool) -> Report:
    """One verdict, shown as it comes unless quiet, and kept when the file is the learner's own."""
    from graders.report import Report
    from tutor import quick
    from tutor.commands import verdict

    exercise = entry.exercise
    with verdict.Ladder(entry.name, quiet) as ladder:
        async for event in grader.check(exercise.id, text, seed, str(path or "input")):
            ladder.on(event)
    report = Report.from_json(event["report"])
    quick.conclude(exercise, entry.name, text, path, report, quiet)
    return report


async def _watch(entries: list[Entry], file: Path | None, seed: int | None) -> None:
    """Grade whatever changes, until Ctrl-C."""
    paths = {file or desk.workspace.file(entry.exercise): entry for entry in entries}
    for path, entry in paths.items():
        if not path.exists():
            _source(entry, file)
    seen: dict[Path, tuple[int, int]] = {}
    async with await _grader(quiet=False) as grader:
        say(f"Watching {', '.join(short(path) for path in paths)}. Save to check again, Ctrl-C to stop.")
        while True:
            for path, entry in paths.items():
                stamp = _stamp(path)
                if stamp is None or stamp == seen.get(path):
                    continue
                seen[path] = stamp
                try:
                    text, _ = _source(entry, path if file else None)
                except Refusal as refusal:
                    say(str(refusal))
                    continue
                await grade(grader, entry, text, path, seed, quiet=False)
                print(flush=True)
            await asyncio.sleep(POLL_SECONDS)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Changes with every save; None while an editor has the file away."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
