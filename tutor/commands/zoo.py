"""`gradatim zoo EX`: the known mistakes of an exercise that has passed, and what stops each."""

from __future__ import annotations

from typing import Annotated

from tutor.commands.context import Refusal, desk
from tutor.commands.learn import EXERCISE
from tutor.commands.paper import indented


def zoo(exercise: Annotated[str, EXERCISE]) -> None:
    """Show the wrong versions that learners really write, and the check that stops each; once you have passed."""
    from tutor.zoo import animals

    entry = desk.entry(exercise)
    passed = [attempt for attempt in desk.progress.attempts(entry.exercise.id) if attempt.passed]
    if not passed:
        raise Refusal(f"The known mistakes of {entry.name} would tell too much before it has passed.")
    found = animals(entry.exercise, passed[-1].report.checks)
    for one in found:
        print(one.name)
        print("\n".join(f"    {line}" for line in one.difference.splitlines()))
        indented(f"Stopped by: {one.check}", 2)
        indented(f"Its author is told: {' '.join(one.says.split())}", 2)
        print()
    print(f"{len(found)} known mistakes of {entry.name}; lines with - went from the answer, lines with + came.")
