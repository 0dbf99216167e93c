"""`gradatim try EX`: the learner's own examples, before coding."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tutor.commands.context import BROKEN, NOT_PASSED, PASSED, Refusal, desk, put_json, short
from tutor.commands.learn import EXERCISE
from tutor.commands.paper import indented

if TYPE_CHECKING:
    from tutor.course import Entry


def try_(
    exercise: Annotated[str, EXERCISE],
    file: Annotated[Path | None, typer.Option(help="Judge this file instead of the one in your folder.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the judgement as JSON, and nothing else.")] = False,
) -> None:
    """Judge examples of your own, written before you code: are they true, and what would they catch?

    An example is an assert. All are held against the reference, and against wrong versions that learners really
    write. Exit code 0: there are some and all are true; 1: not yet. The first time this gives you the file.
    """
    from tutor.examples import Examples, beginning
    from tutor.workspace import read_text

    entry = desk.entry(exercise)
    if entry.exercise.kind == "predict":
        raise Refusal("A prediction is its own example: there is nothing to write down first.")
    shelf = Examples(desk.workspace.home)
    path = file or shelf.file(entry.exercise)
    if file is None and not path.exists():
        shelf.give(entry.exercise, beginning(entry.exercise))
        if not json:
            print(f"Write your examples in {short(path)}, then say again: gradatim try {entry.name}")
            raise typer.Exit(NOT_PASSED)
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        raise Refusal(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    found = asyncio.run(_judge(entry, text))
    good = not found["trouble"] and bool(found["examples"]) and all(one["true"] for one in found["examples"])
    if json:
        put_json({"exercise": entry.exercise.id, **{key: found[key] for key in ("trouble", "examples", "wrong")}})
    else:
        _tell(found)
    raise typer.Exit(PASSED if good else NOT_PASSED)


async def _judge(entry: Entry, text: str) -> dict[str, Any]:
    from tutor.jobs import Grader, GraderError

    try:
        async with await Grader.connect() as grader:
            return await grader.examples(entry.exercise.id, text)
    except GraderError as error:
        raise Refusal(f"The examples could not be judged: {error}", BROKEN) from None


def _tell(found: dict[str, Any]) -> None:
    from tutor.examples import rows, summary

    for sign, line, words, says in rows(found):
        print(f"  {sign} line {line}  {words}")
        indented(says, 6)
    print(summary(found))
