"""Proves exercises: the stub fails kindly, right answers pass, every mistake fails at its own check with its own name.

``python -P -m graders.proof [EX …] [--full] [--quiz] [--json]``; on the command line it is ``gradatim prove``.
Exit status 0 when everything is proven, 1 when something is not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import exercises
from exercises import Exercise
from gpt2 import ranks
from graders.judge import Judge, new_seed
from graders.pool import Pool
from graders.report import Report
from graders.values import plain

AT_ONCE = 3
"""Exercises proven side by side: enough to keep the grader's children busy while one of them waits."""


@dataclass(frozen=True)
class Finding:
    """One thing that was tried, and whether it came out as it must."""

    exercise: str
    what: str
    ok: bool
    says: str = ""


class Proof:
    """Runs everything that an exercise claims through the very judge that learners meet."""

    def __init__(self, judge: Judge, seeds: int = 1) -> None:
        self.judge = judge
        self.seeds = [new_seed() for _ in range(seeds)]

    async def prove(self, exercise: Exercise) -> AsyncIterator[Finding]:
        """Everything about one exercise, finding by finding."""
        troubles = files(exercise)
        yield Finding(exercise.id, "files", not troubles, "; ".join(troubles))
        if troubles:
            return
        if exercise.locked:
            yield Finding(exercise.id, "not proven here", True, exercise.locked)
            return
        yield await self.stub(exercise)
        for name in ("answer.py", "other.py", "oracle.py"):
            yield await self.passes(exercise, name)
        if set(exercise.entry) & set(ranks.ENTRIES):
            for name in ("answer.py", "other.py"):
                yield await on_two_ranks(exercise, name)
        for mistake in exercise.mistakes:
            yield await self.fails(exercise, mistake.name)

    async def stub(self, exercise: Exercise) -> Finding:
        """What the learner receives must fail, and say that nothing is written yet; broken code has something written,
        and fails like any wrong answer."""
        report = await self.check(exercise, await self.judge.start_text(exercise, self.seeds[0]), None)
        failure = report.first_failure
        if exercise.kind in ("fix", "faster"):
            kind = report.status in ("failed", "error") and failure is not None and failure.name != "runs"
        else:
            facts = failure.details if failure else {}
            unwritten = facts.get("raised") == "NotImplementedError" or bool(facts.get("open"))
            kind = report.status == "failed" and unwritten
        return Finding(exercise.id, "start.py fails kindly", kind, "" if kind else tell(report))

    async def passes(self, exercise: Exercise, name: str) -> Finding:
        """A right answer must pass on every seed. The oracle may call what learners may not."""
        free = name == "oracle.py"
        for seed in self.seeds:
            report = await self.check(exercise, exercise.text(name), seed, free)
            if not report.passed:
                return Finding(exercise.id, f"{name} passes", False, tell(report))
        return Finding(exercise.id, f"{name} passes", True)

    async def fails(self, exercise: Exercise, name: str) -> Finding:
        """A mistake must fail at its own check and be called by its own name, and by no other."""
        mistake = next(m for m in exercise.mistakes if m.name == name)
        what = f"{name} fails at {mistake.check}"
        for number, source in enumerate(mistake.forms(exercise.text("answer.py")), 1):
            for seed in self.seeds:
                report = await self.check(exercise, source, seed)
                failure = report.first_failure
                named = [m.name for m in report.mistakes]
                if failure is None or failure.name != mistake.check or named != [name]:
                    says = f"form {number}, seed {seed}: {tell(report)} Named: {named or 'nothing'}."
                    return Finding(exercise.id, what, False, says)
        return Finding(exercise.id, what, True)

    async def check(
        self, exercise: Exercise, source: str, seed: int | None, free: bool = False, name: bool = True
    ) -> Report:
        """The verdict over a source as a learner would get it; predictions are first turned into constants."""
        if exercise.kind == "predict" and seed is not None:
            source = await self.constants(exercise, source, seed)
        if free:
            exercise = replace(exercise, forbids=(), mistakes=())
        seed = None if exercise.kind == "predict" else seed
        return await self.judge.check(exercise, source, seed, name=name, look=False)

    async def constants(self, exercise: Exercise, source: str, seed: int) -> str:
        """A learner's file with the answers that ``source`` computes from the questions."""
        run = await self.judge.run(exercise, source, [seed], trusted=True, forbids=[])
        answers = [plain(seen.node) for seen in run.logs[seed].check("test_answers").seen]
        return f"SEED = {seed}\n\n\ndef answers():\n    return {answers!r}\n"


async def on_two_ranks(exercise: Exercise, name: str) -> Finding:
    """The check's ranks are threads; the same code must be right on two processes that talk over gloo."""
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "gpt2.ranks")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", *torchrun, str(exercise.folder / name), "steps=2"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    ok = process.returncode == 0
    return Finding(exercise.id, f"{name} is right on two real ranks", ok, "" if ok else said.decode()[-800:])


def files(exercise: Exercise) -> list[str]:
    """What is missing or malformed in an exercise's files."""
    wanted = ["start.py", "answer.py", "other.py", "oracle.py"]
    wanted += ["questions.py"] if exercise.kind == "predict" else []
    found = [f"{name} is missing" for name in wanted if not exercise.has(name)]
    stray = {p.name for p in exercise.folder.iterdir()} - {*wanted, "exercise.toml", "__pycache__"}
    found += [f"{name} does not belong here" for name in sorted(stray)]
    if found:
        return found
    start = exercise.text("start.py")
    if "TODO" not in start and exercise.kind != "predict":
        found.append("start.py has no TODO")
    if len(exercise.hints) != 3 or not all(h.strip() for h in exercise.hints):
        found.append("three hints are wanted")
    if len(exercise.mistakes) < 2:
        found.append("at least two mistakes are wanted")
    if len({m.name for m in exercise.mistakes}) != len(exercise.mistakes):
        found.append("two mistakes share a name")
    if not exercise.after:
        found.append("the note after passing is missing")
    for mistake in exercise.mistakes:
        try:
            for form in mistake.forms(exercise.text("answer.py")):
                compile(form, mistake.name, "exec")
        except (ValueError, SyntaxError) as error:
            found.append(str(error))
    return found


def tell(report: Report) -> str:
    """A report in one line."""
    failure = report.first_failure
    where = f" at {failure.name}: {failure.message}" if failure else ""
    return f"{report.status}{where} {report.message}".strip()


async def run(names: list[str], full: bool, quiz: bool, as_json: bool) -> int:
    """Prove the named exercises, or all; prints as it goes. Returns the exit status."""
    chosen = [exercises.exercise(n) for n in names] if names else list(exercises.exercises().values())
    findings: list[Finding] = []
    started = time.monotonic()

    def note(finding: Finding) -> None:
        findings.append(finding)
        if not as_json:
            sign = "ok  " if finding.ok else "FAIL"
            print(
                f"{sign} {finding.exercise:24} {finding.what}" + (f"\n     {finding.says}" if finding.says else ""),
                flush=True,
            )

    pool = Pool()
    try:
        proof = Proof(Judge(pool))
        together = asyncio.Semaphore(AT_ONCE)

        async def one(exercise: Exercise) -> None:
            async with together:
                async for finding in proof.prove(exercise):
                    note(finding)

        await asyncio.gather(*map(one, chosen))
        if full:
            for exercise in (one for one in chosen if not one.locked):
                note(await rate(proof, exercise))
        if quiz:
            for finding in await prove_quiz():
                note(finding)
    finally:
        await pool.close()
    failed = sum(not f.ok for f in findings)
    if as_json:
        print(json.dumps({"version": 1, "findings": [asdict(f) for f in findings], "failed": failed}))
    else:
        seconds = time.monotonic() - started
        print(f"{len(findings) - failed} of {len(findings)} proven in {seconds:.0f} s", flush=True)
    return 1 if failed else 0


async def rate(proof: Proof, exercise: Exercise) -> Finding:
    """Many seeds, and the share of one-edit variants that the check kills; from the table where nothing has changed."""
    from graders import score

    table = score.table()
    row = table.get(exercise.id)
    if row is None or not score.valid(row, exercise) or not row.good:
        row = await score.score(proof, exercise, row if row and row.variants and not row.survived else None)
        score.add(row)
    did = f"right on {row.seeds} seeds; kills {row.killed} of {row.variants} variants, {len(row.equivalent)} equivalent"
    wrong = [*row.troubles, *(f"survives: {name}" for name in row.survived)]
    wrong += [f"equivalent: {name}" for name in row.equivalent] if not row.good else []
    return Finding(exercise.id, did, row.good, "\n     ".join(wrong))


async def prove_quiz(draws: int = 200) -> list[Finding]:
    """Every item of every deck, drawn many times."""
    from graders import quiz

    problems: list[Any] = await asyncio.to_thread(quiz.prove, draws)
    return [Finding("quiz", str(p), False) for p in problems] or [Finding("quiz", f"every item, {draws} draws", True)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="gradatim prove", description=__doc__)
    parser.add_argument("exercise", nargs="*", help="exercises to prove; all when none is named")
    parser.add_argument("--full", action="store_true", help="many seeds and all one-edit variants; takes minutes")
    parser.add_argument("--quiz", action="store_true", help="also draw every quiz item 200 times")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    options = parser.parse_args()
    try:
        code = asyncio.run(run(options.exercise, options.full, options.quiz, options.json))
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
