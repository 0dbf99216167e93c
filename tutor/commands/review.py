"""`gradatim review`: a round of what is due again, on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tutor.commands.context import BROKEN, NOT_PASSED, PASSED, Refusal, converse, desk, put_json
from tutor.commands.quiz import ask

if TYPE_CHECKING:
    from tutor.review import Card


def review(
    json: Annotated[bool, typer.Option("--json", help="List what is due as JSON, and ask nothing.")] = False,
) -> None:
    """Answer what is due again: about five minutes. Exit code 0: all right, or nothing due; 1: not all.

    Questions that you have answered once and exercises that you have passed come back, sooner or later,
    as you knew them. An empty line or the end of the input stops; what you have answered counts.
    """
    from tutor import review as due_again

    waiting = due_again.due(desk.course, desk.progress)
    if json:
        rows = [
            {"kind": card.kind, "lesson": card.lesson.id, "name": card.name.replace("_", "-"),
             "due": card.due.isoformat(), "times": card.times}
            for card in waiting
        ]  # fmt: skip
        put_json({"due": rows})
        return
    if not waiting:
        print(_nothing(due_again.cards(desk.course, desk.progress)))
        return
    raise typer.Exit(converse(_round(due_again.round_of(waiting), len(waiting))))


def _nothing(cards: list[Card]) -> str:
    if not cards:
        return "Nothing is due: what you answer and pass will come back here, first after a few days."
    days = max(0, (cards[0].due - datetime.now(UTC)).days)
    when = "later today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
    return f"Nothing is due today. The next of {len(cards)} comes back {when}."


async def _round(cards: list[Card], waiting: int) -> int:
    from tutor.jobs import Grader, GraderError

    questions = [card for card in cards if card.kind == "question"]
    rebuilds = [card for card in cards if card.kind == "rebuild"]
    right = asked = 0
    try:
        if questions:
            async with await Grader.connect() as grader:
                for number, card in enumerate(questions, 1):
                    place = f"{number} of {len(questions)}, {card.lesson.id}"
                    correct = await ask(grader, card.lesson, card.name, place)
                    if correct is None:
                        break
                    asked, right = asked + 1, right + correct
    except GraderError as error:
        raise Refusal(f"The question could not be drawn: {error}", BROKEN) from None
    if asked:
        print(f"{right} of {asked} right. What you missed comes back tomorrow.")
    if rebuilds:
        print("\nTo write once more, from the empty stub (your text stays in the history):")
        for card in rebuilds:
            name = desk.course.find(card.name).name
            print(f"  gradatim reset {name}")
    left = waiting - asked - len(rebuilds)
    if left > 0:
        print(f"\n{left} more wait; gradatim review asks on.")
    return PASSED if right == len(questions) else NOT_PASSED
