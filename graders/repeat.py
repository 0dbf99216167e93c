"""What one seed shows must hold on many: right answers pass, and every mistake fails at its own check, under one name.

The seeds of a batch run in one child, which is what makes hundreds of them affordable; the judge that learners meet
starts one child a verdict and comes to the same result, as the plain proof shows.
"""

from __future__ import annotations

import time
from typing import Any

from exercises import Exercise, Mistake
from graders.judge import Judge, Reference, new_seed
from graders.log import Run
from graders.mistakes import agrees
from graders.report import Check
from graders.verdict import Verdict

BATCH = 20
FLAKE_SEEDS = 200
FLAKE_SECONDS = 60.0
"""An exercise whose checks train something gets as many batches as fit into this time, and at least one."""
WINDOW = 3
"""A name is given when a submission agrees with a mistake on so many seeds."""


async def troubles(judge: Judge, exercise: Exercise) -> tuple[int, list[str]]:
    """How many seeds the right answers went through, and everything that went wrong on any of them."""
    seeds = [new_seed() for _ in range(BATCH)]
    reference = await judge.answers(exercise, seeds)
    found = await _mistakes(judge, exercise, seeds, reference)
    found += await _right(judge, exercise, "oracle.py", seeds, reference)
    found += await _right(judge, exercise, "answer.py", seeds[:WINDOW], reference, threads=2)
    begun, done = time.monotonic(), 0
    while done == 0 or (done < FLAKE_SEEDS and time.monotonic() - begun < FLAKE_SECONDS and not found):
        for name in ("answer.py", "other.py"):
            found += await _right(judge, exercise, name, seeds, reference)
        done += len(seeds)
        seeds = [new_seed() for _ in range(BATCH)]
        reference = await judge.answers(exercise, seeds)
    return done, found


async def _right(
    judge: Judge, exercise: Exercise, name: str, seeds: list[int], reference: list[Run], threads: int = 1
) -> list[str]:
    """Where a right answer does not pass. The oracle may call what learners may not."""
    free: dict[str, Any] = {"forbids": []} if name == "oracle.py" else {}
    if threads > 1:  # behind closed doors an exercise that forbids calls may not start any
        free["trusted"] = True
    run = await judge.run(exercise, exercise.text(name), seeds, threads=threads, **free)
    found = []
    for seed in seeds:
        failure = first_failure(exercise, run, reference, seed)
        if failure is not None:
            with_threads = "" if threads == 1 else f" with {threads} threads"
            found.append(f"{name}{with_threads}, seed {seed}: {failure.name}: {failure.message}")
            break
    return found


async def _mistakes(judge: Judge, exercise: Exercise, seeds: list[int], reference: list[Run]) -> list[str]:
    """Mistakes that fail elsewhere than they say, or that another name fits too."""
    answer = exercise.text("answer.py")
    known = [(m, form) for m in exercise.mistakes if m.signature != "timeout" for form in m.forms(answer)]
    runs = [await judge.run(exercise, form, seeds) for _, form in known]
    found = []
    for (mistake, form), run in zip(known, runs, strict=True):
        twice = await judge.run(exercise, form, seeds[:WINDOW], only=[mistake.check])
        if not _alike(mistake, twice, run, reference, seeds[:WINDOW]):
            found.append(f"{mistake.name} does not behave alike when it is run twice")
        for seed in seeds:
            failure = first_failure(exercise, run, reference, seed)
            if failure is None or failure.name != mistake.check:
                told = f"fails at {failure.name}: {failure.message}" if failure else "passes"
                found.append(f"{mistake.name}, seed {seed}: {told}")
                break
        for (other, _), others_run in zip(known, runs, strict=True):
            if other is mistake or other.check != mistake.check:
                continue
            if any(
                _alike(other, run, others_run, reference, seeds[i : i + WINDOW]) for i in range(len(seeds) - WINDOW + 1)
            ):
                found.append(f"{mistake.name} is also called {other.name}")
    return found


def _alike(mistake: Mistake, run: Run, known: Run, reference: list[Run], seeds: list[int]) -> bool:
    """Whether a run gets this mistake's name, of which another run is known."""
    return all(
        agrees(
            run.log(seed).check(mistake.check),
            known.log(seed).check(mistake.check),
            [r.log(seed).check(mistake.check) for r in reference],
            mistake.signature,
        )
        for seed in seeds
    )


def first_failure(exercise: Exercise, run: Run, reference: list[Run], seed: int) -> Check | None:
    """The check that decides, for one seed of a run; None when the run passes there."""
    verdict = Verdict(exercise, seed)
    verdict.learn(run, Reference(seed, [r.log(seed) for r in reference], reference[0].ladder), over=True)
    return verdict.failure
