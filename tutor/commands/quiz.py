"""`gradatim quiz LESSON`: questions on the command line, with fresh numbers at every draw."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tutor.commands.completion import lesson_names, question_names
from tutor.commands.context import BROKEN, NOT_PASSED, PASSED, Refusal, converse, desk, say

if TYPE_CHECKING:
    from lessons import Lesson
    from tutor.jobs import Grader


def quiz(
    lesson: Annotated[
        str, typer.Argument(metavar="LESSON", help="A lesson: L03, 3 or broadcasting.", autocompletion=lesson_names)
    ],
    item: Annotated[
        str | None, typer.Option(help="Only the question of this name.", autocompletion=question_names)
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="How many questions; otherwise all of the deck.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Draw the numbers with this seed.")] = None,
) -> None:
    """Answer a lesson's questions. Exit code 0: all right, 1: not all, or stopped early.

    Type the number of a choice; an empty line or the end of the input stops. Only the questions
    you answer are noted in your progress.
    """
    found = desk.lesson(lesson)
    items = desk.course.quiz_items(found)
    if not items:
        raise Refusal(f"{found.id} has no quiz.")
    if item is not None:
        name = item.rsplit(".", 1)[-1].replace("-", "_")
        if name not in items:
            import difflib

            near = difflib.get_close_matches(name, items, n=3, cutoff=0.3) or items[:3]
            names = ", ".join(n.replace("_", "-") for n in near)
            raise Refusal(f"{found.id} has no question called {item!r}. Did you mean {names}?")
        chosen = [name] * (count or 1)
    else:
        # The missed and the new come first, each group in an order of its own every time.
        last = {answer.item: answer.correct for answer in desk.progress.answers(found.id)}
        chosen = sorted(items, key=lambda name: (last.get(name, False), random.random()))[: count or None]
    raise typer.Exit(converse(_ask_all(found, chosen, seed)))


async def _ask_all(lesson: Lesson, chosen: list[str], seed: int | None) -> int:
    from tutor.jobs import Grader, GraderError

    right = asked = 0
    try:
        async with await Grader.connect() as grader:
            for number, name in enumerate(chosen, 1):
                correct = await ask(grader, lesson, name, f"{number} of {len(chosen)}", seed)
                if correct is None:
                    break
                asked, right = asked + 1, right + correct
    except GraderError as error:
        raise Refusal(f"The question could not be drawn: {error}", BROKEN) from None
    print(f"{right} of {asked} right." if asked else "No question answered.")
    return PASSED if right == len(chosen) else NOT_PASSED


async def ask(grader: Grader, lesson: Lesson, item: str, place: str, seed: int | None = None) -> bool | None:
    """Draw a question, ask it, say what is right and keep the answer; None at the end of the input."""
    question = await grader.quiz(lesson.deck, item, seed)
    choice = choose(question, place)
    if choice is None:
        return None
    correct: bool = choice == question["correct"]
    # The choice is kept by its place in this draw, which its seed can bring back.
    desk.progress.answered(lesson.id, question["item"], question["seed"], choice, correct)
    tell(question, correct)
    return correct


def tell(question: dict[str, Any], correct: bool) -> None:
    """Say what is right, and why."""
    answer = question["choices"][question["correct"]]
    print("Right." if correct else f"Not quite: it is {answer}")
    print(f"{question['headline']}\n{question['why']}\n")


def choose(question: dict[str, Any], place: str, unsure: bool = False) -> int | None:
    """Show a question and read the choice; None at the end of the input, -1 for "not sure" where that is offered."""
    print(f"Question {place}\n{question['text']}")
    if question.get("code"):
        print("\n" + "\n".join(f"    {line}" for line in question["code"].splitlines()))
    print()
    for number, choice in enumerate(question["choices"], 1):
        print(f"  {number}  {choice}")
    if unsure:
        print("  0  not sure")
    while True:
        say("Your choice: ")
        line = sys.stdin.readline().strip()
        if not line:
            return None
        if line.isdecimal() and (0 if unsure else 1) <= int(line) <= len(question["choices"]):
            return int(line) - 1
        say(f"Type a number from {0 if unsure else 1} to {len(question['choices'])}.")
