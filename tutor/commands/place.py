"""`gradatim place`: the placement test on the command line, left and gone on with at will."""

from __future__ import annotations

from typing import Annotated

import typer

from tutor.commands.context import BROKEN, NOT_PASSED, PASSED, Refusal, converse, desk, minutes, put_json, short
from tutor.commands.quiz import choose, tell
from tutor.placement import NODES
from tutor.sitting import Sitting

ABOUT = """\
For those who know some of this already: nine places along the course, two or three questions at each, and at three of
them a task of a few lines. It takes about 20 minutes, and less where the course is new to you; it ends where
something is not known. Lessons that it shows to be known are not required of you any more; they stay open.
An empty line stops; gradatim place goes on where you were.
"""


def place(
    skip: Annotated[bool, typer.Option("--skip", help="Go on without the task: its place is not passed.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin a new test.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take the result back: every lesson is required.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print how it stands as JSON, and ask nothing.")] = False,
) -> None:
    """Find out where to begin, if you know some of this already. Exit code 0: it is over; 1: it waits for you.

    It is never asked of you. What it shows to be known counts as tested out, not as passed.
    """
    sitting = Sitting(desk.course, again)
    if forget:
        sitting.forget()
    if skip:
        if sitting.task is None:
            raise Refusal("No task of a placement test is waiting. gradatim place begins one, or goes on with it.")
        sitting.skip()
    if json:
        _json(sitting)
        return
    if not sitting.steps:
        print(ABOUT)
    raise typer.Exit(converse(_sit(sitting)))


async def _sit(sitting: Sitting) -> int:
    """Ask until it is over, a task is to be solved, or the learner stops."""
    from tutor.jobs import Grader, GraderError

    grader: Grader | None = None
    try:
        while (node := sitting.standing.node) is not None:
            if (entry := sitting.task) is not None:
                if sitting.look():
                    print(f"{entry.name} is solved.\n")
                    continue
                _tell_task(sitting)
                return NOT_PASSED
            grader = grader or await Grader.connect()
            lesson, item = sitting.question()
            question = await grader.quiz(lesson.deck, item, None)
            number = len(sitting.standing.answers) + 1
            choice = choose(question, f"{number} at place {sitting.standing.at} of {len(NODES)}, {node.title}", True)
            if choice is None:
                print("It waits for you: gradatim place")
                return NOT_PASSED
            right: bool = choice == question["correct"]
            sitting.answered(lesson, item, question["seed"], choice, right)
            tell(question, right)
    except GraderError as error:
        raise Refusal(f"The question could not be drawn: {error}", BROKEN) from None
    finally:
        if grader is not None:
            await grader.close()
    print(sitting.result())
    if not sitting.withdrawn:
        print("\nTake it again: gradatim place --again. Take it back: gradatim place --forget")
    return PASSED


def _tell_task(sitting: Sitting) -> None:
    from tutor.commands.paper import reflowed

    entry, node = sitting.task, sitting.standing.node
    assert entry is not None and node is not None
    print(f"A task at place {sitting.standing.at} of {len(NODES)}, {node.title}: {entry.name}\n")
    print(reflowed(entry.exercise.task))
    print(f"\n1. Begin it: gradatim start {entry.name}")
    print(f"2. Write in {short(desk.workspace.file(entry.exercise))}, and check it: gradatim check {entry.name}")
    print("3. When it has passed, go on: gradatim place. Hints are fine; with the solution shown it does not count.")
    limit = minutes(entry.exercise.minutes)
    print(f"If it takes more than {limit}, it is worth doing in its lesson: gradatim place --skip goes on without it.")


def _json(sitting: Sitting) -> None:
    standing, task, coming = sitting.standing, sitting.task, desk.course.next()
    put_json(
        {
            "begun": bool(sitting.steps),
            "over": bool(sitting.steps) and standing.over,
            "places_passed": [node.name for node in NODES[: standing.passed]],
            "place": standing.node.name if standing.node else None,
            "task": task.name if task else None,
            "tested_out": sorted(desk.course.tested_out()),
            "begin": coming.lesson.id if coming else None,
        }
    )
