"""`gradatim check --all FOLDER`: one folder a student, one file an exercise."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from graders.report import Report
from tutor.commands.check import exit_code
from tutor.commands.context import BROKEN, Refusal, console, desk, put_json, say
from tutor.commands.results import Graded, as_rows, write
from tutor.course import Entry

SIDE_BY_SIDE = 3
"""Checks under way at once; the grader itself runs as many as there are cores."""
SIGNS = {"passed": "✓", "broken": "?", "timeout": "⧖", "limit": "⧖", "forbidden": "⊘"}


@dataclass(frozen=True)
class Work:
    """One file of one student."""

    student: str
    entry: Entry
    path: Path


def grade_all(folder: Path, seed: int | None, out: Path | None, json: bool) -> int:
    """Grade every file, print the table, write the results; the exit code as of `check`.

    Nothing is kept in the learner's progress. Raises Refusal where there is nothing to grade.
    """
    works, strange = collect(folder)
    for path in strange:
        say(f"No exercise is called {path.stem}: {path} is left out.")
    if not works:
        raise Refusal(f"{folder} holds no work: one folder a student is expected, one file an exercise in it.")
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(f"{out} cannot be made: {error.strerror}.") from None
    reports = asyncio.run(_grade(works, seed))
    graded = [
        Graded(work.student, work.entry.exercise.title, work.path, report)
        for work, report in zip(works, reports, strict=True)
    ]
    if json:
        put_json({"results": as_rows(graded)})
    else:
        _print(works, reports)
    if out is not None:
        try:
            written = write(out, graded)
        except OSError as error:
            raise Refusal(f"The results could not be written to {out}: {error.strerror}.") from None
        say(f"Written to {out}: {', '.join(str(p.relative_to(out)) for p in written)}")
    return exit_code(reports)


def collect(folder: Path) -> tuple[list[Work], list[Path]]:
    """All work below the folder by student, and the files that answer no exercise."""
    if not folder.is_dir():
        raise Refusal(f"There is no folder {folder}.")
    works: list[Work] = []
    strange: list[Path] = []
    for student in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
        for path in sorted(student.rglob("*.py")):
            try:
                works.append(Work(student.name, desk.course.find(path.stem), path))
            except KeyError:
                strange.append(path)
    return works, strange


async def _grade(works: list[Work], seed: int | None) -> list[Report]:
    from tutor.jobs import Grader, GraderError

    reports: list[Report | None] = [None] * len(works)
    waiting = iter(enumerate(works))
    try:
        grader = await Grader.connect()
    except GraderError as error:
        raise Refusal(f"The grader could not be started: {error}", BROKEN) from None

    async def worker() -> None:
        for number, work in waiting:
            reports[number] = await _one(work)
            say(f"{sum(r is not None for r in reports)} of {len(works)}: {work.student} {work.entry.name}")

    async def _one(work: Work) -> Report:
        from tutor.workspace import read_text

        exercise = work.entry.exercise
        try:
            text = read_text(work.path)
        except (OSError, ValueError) as error:
            return Report(exercise.id, "error", message=str(error))
        last: Report | None = None
        async for event in grader.check(exercise.id, text, seed, str(work.path)):
            if event["event"] == "report":
                last = Report.from_json(event["report"])
        assert last is not None  # a check always ends with a report
        return last

    async with grader:
        await asyncio.gather(*(worker() for _ in range(SIDE_BY_SIDE)))
    return [report for report in reports if report is not None]


def _print(works: list[Work], reports: list[Report]) -> None:
    from rich.table import Table

    names = list(dict.fromkeys(work.entry.exercise.name for work in works))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("student")
    for name in names:
        table.add_column(name)
    cells: dict[str, dict[str, str]] = {}
    for work, report in zip(works, reports, strict=True):
        mistake = f": {report.mistakes[0].name}" if report.mistakes else ""
        sign = SIGNS.get(report.status, "✗")
        cells.setdefault(work.student, {})[work.entry.exercise.name] = f"{sign} {report.status}{mistake}"
    for student, row in cells.items():
        table.add_row(student, *(row.get(name, "·") for name in names))
    console().print(table)
    print(f"{sum(r.passed for r in reports)} of {len(reports)} passed.")
