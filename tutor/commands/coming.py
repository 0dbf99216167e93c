"""`gradatim next`: where you are and what to do now, in words, as JSON, or step by step with Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tutor.commands.context import Refusal, converse, desk, minutes, put_json, short

if TYPE_CHECKING:
    from tutor.course import Entry


def next_(
    walk: Annotated[
        bool, typer.Option("--walk", help="Go on right here: page, code, exercise and verdict, with Enter and words.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print where you are as JSON, and nothing else.")] = False,
) -> None:
    """Say in plain text where you are and what to do next; --walk goes on from there, for linear reading.

    A walk prints a page as plain text, asks what you expect before its code runs, gives out an exercise, checks it
    when you press Enter, and goes on. Nothing is redrawn, so that a screen reader reads everything once. It can be
    left at any time and goes on where it was.
    """
    if walk and json:
        raise Refusal("--walk asks and --json does not; choose one of them.")
    if json:
        _json()
    elif walk:
        from tutor.commands.walk import Walk

        raise typer.Exit(converse(Walk().go()))
    else:
        _say()


def _say() -> None:
    course = desk.course
    entry = course.next()
    done, total = course.totals()
    print(f"You have done {done} of {total} exercises.")
    if entry is None:
        words = "Everything is done." if done == total else "All that is required of you is done."
        print(f"{words} Train what you wrote: gradatim train --run runs/first" if total else "")
        return
    if not done and not desk.progress.placements():
        print("If you know some of this already, gradatim place finds out where to begin.")
    exercise, lesson = entry.exercise, entry.lesson
    print(f"Next is {entry.name}: {exercise.title}, about {minutes(exercise.minutes)}.")
    print(f"It belongs to lesson {lesson.id}, {lesson.title}, which has {len(lesson.pages)} pages.")
    if desk.progress.status(exercise.id) == "new" and not desk.workspace.exists(exercise):
        print(f"1. Read the lesson: gradatim read {lesson.id} --page 1")
        print(f"2. The exercise comes on page {_page(entry)}. Begin it: gradatim start {entry.name}")
        print(f"3. Write your answer in {short(desk.workspace.file(exercise))}")
        print(f"4. Check it: gradatim check {entry.name}")
    else:
        from tutor.commands.paper import reflowed

        print(f"Task: {reflowed(exercise.task)}")
        print(f"1. Your file is {short(desk.workspace.file(exercise))}")
        print(f"2. Check it: gradatim check {entry.name}")
        print(f"3. If you are stuck: gradatim hint {entry.name} ({desk.progress.hints(exercise.id)} of 3 read)")
    print("gradatim next --walk goes through all of it step by step, with Enter.")


def _page(entry: Entry) -> int:
    """The page, from 1, on which the lesson asks for this exercise."""
    for number, page in enumerate(entry.lesson.pages, 1):
        if any(block.exercise == entry.exercise.id for block in page.blocks):
            return number
    return 1


def _json() -> None:
    """Where the learner is, for programs: what an assistant needs that is to tutor and not to answer."""
    course = desk.course
    entry = course.next()
    done, total = course.totals()
    put_json(
        {
            "done": done,
            "total": total,
            "minutes_left": course.minutes_left(),
            "tested_out": sorted(course.tested_out()),
            "next": _entry(entry) if entry else None,
        }
    )


def _entry(entry: Entry) -> dict[str, Any]:
    exercise, progress = entry.exercise, desk.progress
    attempts = progress.attempts(exercise.id)
    last = attempts[-1] if attempts else None
    failure = last.report.first_failure if last else None
    return {
        "id": exercise.id,
        "name": entry.name,
        "title": exercise.title,
        "kind": exercise.kind,
        "task": exercise.task,
        "minutes": exercise.minutes,
        "status": entry.status,
        "lesson": {"id": entry.lesson.id, "title": entry.lesson.title, "pages": len(entry.lesson.pages)},
        "page_of_exercise": _page(entry),
        "page_read_last": None if (page := desk.settings.page(entry.lesson.id)) is None else page + 1,
        "file": str(desk.workspace.file(exercise)),
        "started": desk.workspace.exists(exercise),
        "attempts": len(attempts),
        "hints_read": progress.hints(exercise.id),
        "solution_seen": progress.solution_seen(exercise.id),
        "last_verdict": last
        and {
            "when": last.when.isoformat(),
            "status": last.status,
            "failed_check": failure and failure.title,
            "message": failure.message if failure else last.report.message,
            "mistakes": [mistake.says for mistake in last.report.mistakes],
        },
    }
