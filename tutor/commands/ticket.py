"""`gradatim report-exercise EX`: a text about an exercise that seems wrong, ready to paste."""

from __future__ import annotations

from typing import Annotated

import typer

from tutor.commands.context import Refusal, desk, say, short
from tutor.commands.learn import EXERCISE


def report_exercise(
    exercise: Annotated[str, EXERCISE],
    code: Annotated[bool, typer.Option("--code", help="Put your code in too, not only its fingerprint.")] = False,
) -> None:
    """Write down what is to be known about an exercise that seems wrong: versions, seed, failing check, fingerprint.

    The text is printed and saved in the folder reports beside your files; nothing is sent anywhere.
    """
    from tutor import ticket

    entry = desk.entry(exercise)
    try:
        source: str | None = desk.workspace.read(entry.exercise)
    except (OSError, ValueError):
        source = None
    attempts = desk.progress.attempts(entry.exercise.id)
    report = attempts[-1].report if attempts else None
    text = ticket.of_exercise(entry, source, report, desk.progress.hints(entry.exercise.id), code)
    print(text, end="")
    try:
        path = ticket.save(desk.workspace.home / "reports", entry.exercise.name, text)
    except OSError as error:
        raise Refusal(f"It could not be saved: {error.strerror}. The text above is whole.") from None
    say(f"\nSaved as {short(path)}")
