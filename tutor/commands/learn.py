"""The course without screens: list, read, start, hint, solution, reset, history, next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tutor.commands.completion import exercise_names, lesson_names
from tutor.commands.context import (
    BROKEN,
    Refusal,
    console,
    desk,
    minutes,
    put_json,
    say,
    so_far,
)
from tutor.commands.plain import exact
from tutor.widgets.signs import SIGNS

if TYPE_CHECKING:
    from lessons import Lesson, Page
    from tutor.course import Entry

EXERCISE = typer.Argument(
    metavar="EX", help="An exercise: stable-softmax, or L03/stable-softmax.", autocompletion=exercise_names
)
LESSON = typer.Argument(metavar="LESSON", help="A lesson: L03, 3 or broadcasting.", autocompletion=lesson_names)


def list_(
    json: Annotated[bool, typer.Option("--json", help="Print the course as JSON, and nothing else.")] = False,
) -> None:
    """Show the course: every lesson, its exercises, and what you have done."""
    course = desk.course
    pairs = [(lesson, course.entries(lesson)) for lesson in course.lessons()]
    tested = course.tested_out()
    if json:
        put_json(
            {
                "lessons": [
                    {
                        "id": lesson.id,
                        "title": lesson.title,
                        "track": lesson.track,
                        "needs": list(lesson.needs),
                        "minutes": lesson.minutes,
                        "pages": len(lesson.pages),
                        "exercises": [entry.exercise.id for entry in entries],
                        "tested_out": lesson.id in tested,
                    }
                    for lesson, entries in pairs
                ],
                "exercises": [_entry_json(entry) for _, entries in pairs for entry in entries],
            }
        )
        return
    for lesson, entries in pairs:
        known = ", ◇ tested out" if lesson.id in tested else ""
        print(f"{lesson.id}  {lesson.title}  ({len(lesson.pages)} pages, {minutes(lesson.minutes)}{known})")
        for entry in entries:
            words = f"{SIGNS[entry.status][1]}, changed since" if entry.stale else SIGNS[entry.shown][1]
            print(f"     {SIGNS[entry.shown][0]} {entry.exercise.name:<28} {entry.exercise.title}  [{words}]")
    print(f"\n{so_far(course)}")


def _entry_json(entry: Entry) -> dict[str, object]:
    exercise = entry.exercise
    return {
        "id": exercise.id,
        "name": entry.name,
        "lesson": entry.lesson.id,
        "topic": exercise.topic,
        "title": exercise.title,
        "kind": exercise.kind,
        "minutes": exercise.minutes,
        "difficulty": exercise.difficulty,
        "importance": exercise.importance,
        "tier": exercise.tier,
        "slot": exercise.slot,
        "status": entry.status,
        "stale": entry.stale,
        "mastered": entry.mastered,
        "locked": entry.exercise.locked or None,
        "required": entry.required,
        "file": str(desk.workspace.file(exercise)),
        "started": desk.workspace.exists(exercise),
    }


def read(
    lesson: Annotated[str, LESSON],
    page: Annotated[int | None, typer.Option(min=1, help="Only this page.")] = None,
    run: Annotated[bool, typer.Option("--run", help="Also run the page's code and print what it prints.")] = False,
) -> None:
    """Read a lesson as plain text, page by page."""
    found = desk.lesson(lesson)
    if page is not None and page > len(found.pages):
        raise Refusal(f"{found.id} has {len(found.pages)} pages; there is no page {page}.")
    chosen = range(len(found.pages)) if page is None else [page - 1]
    if run:
        asyncio.run(_read_and_run(found, list(chosen)))
        _standing(found, chosen[-1])
        return
    for number in chosen:
        _heading(found, number)
        console().print(_markdown(found.pages[number].text))
    _standing(found, chosen[-1])


def _standing(lesson: Lesson, last: int) -> None:
    """At the end of a lesson: which parts of the learner's GPT it has, and whose they are by now."""
    from tutor.mygpt import so_far

    if last == len(lesson.pages) - 1 and (stands := so_far(desk.course, lesson)):
        print(stands)


def _heading(lesson: Lesson, number: int) -> None:
    print(f"── {lesson.id} {lesson.title} · page {number + 1} of {len(lesson.pages)} ──\n")


def _markdown(text: str) -> object:
    """Markdown for a terminal; as it was written where the output is a file or a pipe."""
    from rich.markdown import Markdown
    from rich.text import Text

    return Markdown(text) if console().is_terminal else Text(text + "\n")


async def _read_and_run(lesson: Lesson, chosen: list[int]) -> None:
    from tutor.jobs import Grader, GraderError

    try:
        async with await Grader.connect() as grader:
            for number in chosen:
                _heading(lesson, number)
                await _run_page(grader, lesson.pages[number])
    except GraderError as error:
        raise Refusal(f"The code could not be run: {error}", BROKEN) from None


async def _run_page(grader: object, page: Page) -> None:
    from tutor.jobs import Grader

    assert isinstance(grader, Grader)
    print(f"## {page.title}\n")
    for block in page.blocks:
        if block.fence is None:
            console().print(_markdown(block.text))
            continue
        console().print(_markdown(f"```python\n{block.text}\n```"))
        source = desk.course.passed(page.own) if page.own else None
        event = await grader.fence(page.codes, block.fence.index, own=page.own, source=source)
        for line in f"{event.get('output') or ''}\n{event.get('raised') or ''}".strip("\n").splitlines():
            print(f"    {line}")
        print()


def start(exercise: Annotated[str, EXERCISE]) -> None:
    """Put the exercise's file into your folder and say what to do. A file that is there stays as it is."""
    entry = desk.entry(exercise)
    new = not desk.workspace.exists(entry.exercise)
    if new:
        path = desk.workspace.give(entry.exercise, desk.start_text(entry.exercise))
    else:
        path = desk.workspace.file(entry.exercise)
    _task(entry)
    print(f"{'Your file' if new else 'Your file is there already'}: {path}")
    from tutor.examples import wanted

    if new and wanted(desk.settings.option("examples-first"), entry.exercise):
        print(f"Before you code, two examples of your own: gradatim try {entry.name}")
    print(f"When you have saved it: gradatim check {entry.name}")


def _task(entry: Entry) -> None:
    from tutor.commands.paper import indented, reflowed

    exercise = entry.exercise
    print(f"{entry.name}  {exercise.title}  ({minutes(exercise.minutes)})\n")
    if exercise.locked:
        print(f"{exercise.locked}\n")
    indented(reflowed(exercise.task), 0)
    print()


def hint(
    exercise: Annotated[str, EXERCISE],
    level: Annotated[int | None, typer.Option(min=1, max=3, help="1 nudges, 2 explains, 3 nearly tells.")] = None,
) -> None:
    """Show the next hint; there are three, each says more than the one before."""
    entry = desk.entry(exercise)
    number = level or min(desk.progress.hints(entry.exercise.id) + 1, 3)
    desk.progress.hint_shown(entry.exercise.id, number)
    from tutor.commands.paper import indented

    indented(f"Hint {number} of 3: {entry.exercise.hints[number - 1]}", 0)


def solution(exercise: Annotated[str, EXERCISE]) -> None:
    """Show our answer. A pass after this counts as assisted."""
    entry = desk.entry(exercise)
    seen = desk.progress.solution_seen(entry.exercise.id)
    if not seen and desk.progress.status(entry.exercise.id) in ("new", "tried"):
        say("From here on, passing this exercise counts as assisted.")
    desk.progress.solution_shown(entry.exercise.id)
    print(entry.exercise.text("answer.py").rstrip("\n"), file=exact())


def reset(exercise: Annotated[str, EXERCISE]) -> None:
    """Set your file back to its beginning. What it held is kept: see `gradatim history EX`."""
    entry = desk.entry(exercise)
    fresh = desk.start_text(entry.exercise)  # may fail, so it comes before anything is touched
    _keep(entry, "reset")
    desk.workspace.reset(entry.exercise, fresh)
    print(f"Reset: {desk.workspace.file(entry.exercise)}")


def _keep(entry: Entry, reason: str) -> None:
    """Put the present text into the history before it is replaced."""
    try:
        before = desk.workspace.read(entry.exercise)
    except FileNotFoundError:
        return
    except ValueError as error:
        raise Refusal(str(error)) from None
    desk.progress.snapshot(entry.exercise.id, before, reason)
    print(f"What it held is kept: gradatim history {entry.name}")


@dataclass(frozen=True)
class Version:
    """One text in the history of an exercise."""

    when: datetime
    what: str
    source: str
    seed: int | None = None


def versions(exercise_id: str) -> list[Version]:
    """Attempts and kept texts together, oldest first."""
    kept = [Version(s.when, f"before {s.reason}", s.source) for s in desk.progress.snapshots(exercise_id)]
    tried = [Version(a.when, a.status, a.source, a.report.seed) for a in desk.progress.attempts(exercise_id)]
    return sorted(kept + tried, key=lambda version: version.when)


def history(
    exercise: Annotated[str, EXERCISE],
    show: Annotated[int | None, typer.Option(min=1, metavar="N", help="Print the text of number N.")] = None,
    restore: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Make number N your file again; the present text is kept."),
    ] = None,
    diff: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="What has changed between number N and your file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, and nothing else.")] = False,
) -> None:
    """List every attempt and every text that was replaced; show one, compare it with your file, or bring it back."""
    entry = desk.entry(exercise)
    found = versions(entry.exercise.id)
    number = show or restore or diff
    if number is not None and number > len(found):
        raise Refusal(f"The history of {entry.name} has {len(found)} entries; there is no number {number}.")
    if show is not None:
        print(found[show - 1].source.rstrip("\n"), file=exact())
    elif diff is not None:
        _difference(entry, found[diff - 1].source, diff)
    elif restore is not None:
        _keep(entry, "restore")
        desk.workspace.write(entry.exercise, found[restore - 1].source)
        print(f"Number {restore} is your file again: {desk.workspace.file(entry.exercise)}")
    elif json:
        rows = [
            {"number": n, "when": v.when.isoformat(), "what": v.what, "seed": v.seed, "source": v.source}
            for n, v in enumerate(found, 1)
        ]
        put_json({"exercise": entry.exercise.id, "history": rows})
    else:
        for n, version in enumerate(found, 1):
            local = version.when.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            print(f"{n:>3}  {local}  {version.what:<14} {len(version.source.splitlines())} lines")
        if not found:
            print(f"Nothing yet. Begin with: gradatim start {entry.name}")


def _difference(entry: Entry, before: str, number: int) -> None:
    import difflib

    try:
        present = desk.workspace.read(entry.exercise)
    except FileNotFoundError:
        raise Refusal(f"You have no file of {entry.name}: gradatim start {entry.name}") from None
    except ValueError as error:
        raise Refusal(str(error)) from None
    texts = (before.splitlines(), present.splitlines())
    lines = list(difflib.unified_diff(*texts, f"number {number}", "your file", lineterm="", n=3))
    print("\n".join(lines) if lines else f"Number {number} is what your file holds.", file=exact())
