"""How long a verdict takes: the warm grader beside a fresh ``pytest`` process on the same check, in turn.

``python bench/grading.py [--exercise NAME] [--rounds N] [--json]`` prints medians, and the ratio of each round, so that
a machine that slows down for a while slows both. The command line is timed whole, from a new process to its exit, as
when somebody types `gradatim check`. What the submission itself computes, from the first check's begin to the last
one's end in its own process, is told apart: the rest is ours.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import exercises
from graders.judge import Judge, new_seed
from graders.pool import Pool

ROOT = Path(__file__).resolve().parents[1]


async def measure(name: str, rounds: int) -> dict[str, object]:
    """Time, in seconds: a passed verdict, a failed one with its mistake named, the command, and a fresh pytest."""
    exercise = exercises.exercise(name)
    answer = exercise.text("answer.py")
    wrong = exercise.mistakes[0].source(answer)
    pool = Pool()
    judge = Judge(pool)
    times: dict[str, list[float]] = {"computing": [], "passed": [], "named": [], "command": [], "pytest": []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "submission.py"
        file.write_text(answer, encoding="utf-8")
        checks = ROOT / "graders" / "checks" / exercise.check
        fresh = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(checks)]
        fresh += ["--submission", str(file)]
        command = [sys.executable, "-m", "tutor", "check", exercise.name, "--file", str(file)]
        home = {"GRADATIM_HOME": folder, "GRADATIM_DATA": folder, "GRADATIM_SOCKET": f"{folder}/g.sock"}
        try:
            await judge.prepare(exercise)
            await judge.check(exercise, answer)
            run(command, home)  # starts a grader of its own, and leaves the next reference ready
            for _ in range(rounds):
                times["computing"].append(await computing(judge, exercise, answer))
                await judge.prepare(exercise)  # what happens while the learner types
                times["passed"].append(await timed(judge, exercise, answer, "passed"))
                await judge.prepare(exercise)
                times["named"].append(await timed(judge, exercise, wrong, "failed"))
                await asyncio.sleep(0.5)  # the command's grader makes its reference ready too
                times["command"].append(run(command, home))
                times["pytest"].append(run(fresh, {}, folder))
        finally:
            await pool.close()
            dismiss(Path(folder) / "g.sock")
    ratios = sorted(p / w for p, w in zip(times["pytest"], times["passed"], strict=True))
    typed = sorted(p / w for p, w in zip(times["pytest"], times["command"], strict=True))
    beyond = {f"{key}_beyond": round(statistics.median(rest(times, key)), 4) for key in ("passed", "command")}
    return {
        "exercise": exercise.name,
        **{key: round(statistics.median(values), 4) for key, values in times.items()},
        **beyond,
        "ratio": round(statistics.median(ratios), 1),
        "spread": [round(ratios[0], 1), round(ratios[-1], 1)],
        "command_ratio": round(statistics.median(typed), 1),
    }


def rest(times: dict[str, list[float]], key: str) -> list[float]:
    """What is ours of each round's time."""
    return [whole - own for whole, own in zip(times[key], times["computing"], strict=True)]


async def computing(judge: Judge, exercise: exercises.Exercise, source: str) -> float:
    """Seconds from the first check's begin to the last one's end, in the submission's process."""
    first = last = 0.0
    async with judge.pool.child(judge.job(exercise, source, [new_seed()])) as child:
        async for frame, _ in child.frames(60):
            if frame["f"] == "begin" and not first:
                first = time.perf_counter()
            elif frame["f"] == "end":
                last = time.perf_counter()
    return last - first


async def timed(judge: Judge, exercise: exercises.Exercise, source: str, status: str) -> float:
    """Seconds of one verdict, which must be the one that is expected."""
    started = time.perf_counter()
    report = await judge.check(exercise, source)
    if report.status != status:
        raise SystemExit(f"{exercise.name}: {report.status} where {status} was expected: {report.first_failure}")
    return time.perf_counter() - started


def run(command: list[str], more: dict[str, str], folder: str | None = None) -> float:
    """Seconds of a command, from the new process to its exit."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment)
    return time.perf_counter() - started


def dismiss(path: Path) -> None:
    """Have the command's grader leave; it would wait for the next check for minutes."""
    import socket

    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        line.sendall(b'{"id": 0, "do": "quit"}\n')


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exercise", default="stable-softmax")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options.exercise, options.rounds))
    if options.json:
        print(json.dumps({"version": 1, **found}))
        return
    print(f"{found['exercise']}, median of {options.rounds} rounds")
    print(f"  the submission computes       {found['computing']:.3f} s")
    print(f"  warm grader, passed           {found['passed']:.3f} s   {found['passed_beyond']:.3f} s of it ours")
    print(f"  warm grader, mistake named    {found['named']:.3f} s")
    print(f"  gradatim check, passed        {found['command']:.3f} s   {found['command_beyond']:.3f} s of it ours")
    print(f"  fresh pytest process          {found['pytest']:.3f} s")
    print(f"  pytest / warm grader          {found['ratio']} times (rounds: {found['spread']})")
    print(f"  pytest / gradatim check       {found['command_ratio']} times")


if __name__ == "__main__":
    main()
