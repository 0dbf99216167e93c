"""How long a verdict takes: the warm grader beside a fresh ``pytest`` process on the same check, in turn.

``python bench/grading.py [--exercise NAME] [--rounds N] [--json]`` prints medians and the ratio of each round, so that
a machine that slows down for a while slows both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import exercises
from graders.judge import Judge
from graders.pool import Pool


async def measure(name: str, rounds: int) -> dict[str, object]:
    """Time, in seconds: a passed verdict, a failed one with its mistake named, and a fresh pytest on the answer."""
    exercise = exercises.exercise(name)
    answer = exercise.text("answer.py")
    wrong = exercise.mistakes[0].source(answer)
    pool = Pool()
    judge = Judge(pool)
    warm: dict[str, list[float]] = {"passed": [], "named": [], "pytest": []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "submission.py"
        file.write_text(answer, encoding="utf-8")
        checks = Path(exercises.__file__).parent.parent / "graders" / "checks" / exercise.check
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(checks)]
        command += ["--submission", str(file)]
        try:
            await judge.prepare(exercise)
            await judge.check(exercise, answer)
            for _ in range(rounds):
                await judge.prepare(exercise)  # what happens while the learner types
                warm["passed"].append(await timed(judge, exercise, answer, "passed"))
                await judge.prepare(exercise)
                warm["named"].append(await timed(judge, exercise, wrong, "failed"))
                started = time.perf_counter()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
                warm["pytest"].append(time.perf_counter() - started)
        finally:
            await pool.close()
    ratios = sorted(p / w for p, w in zip(warm["pytest"], warm["passed"], strict=True))
    medians = {key: round(statistics.median(values), 4) for key, values in warm.items()}
    spread = [round(ratios[0], 1), round(ratios[-1], 1)]
    return {"exercise": exercise.name, **medians, "ratio": round(statistics.median(ratios), 1), "spread": spread}


async def timed(judge: Judge, exercise: exercises.Exercise, source: str, status: str) -> float:
    started = time.perf_counter()
    report = await judge.check(exercise, source)
    if report.status != status:
        raise SystemExit(f"{exercise.name}: {report.status} where {status} was expected: {report.first_failure}")
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exercise", default="stable-softmax")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = asyncio.run(measure(options.exercise, options.rounds))
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['exercise']}, median of {options.rounds} rounds")
    print(f"  warm grader, passed           {result['passed']:.3f} s")
    print(f"  warm grader, mistake named    {result['named']:.3f} s")
    print(f"  fresh pytest process          {result['pytest']:.3f} s")
    print(f"  pytest / warm                 {result['ratio']} times (rounds: {result['spread']})")


if __name__ == "__main__":
    main()
