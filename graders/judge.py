"""Judges one submission: runs the check on it and on the reference, compares the two logs, and names the mistake."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from exercises import Exercise
from exercises import Mistake as Known
from graders import explain, mistakes
from graders.log import CheckLog, Log, Ours, Run, follow
from graders.observe import judge, plain
from graders.pool import Pool
from graders.report import Check, Mistake, Outcome, Report, Status
from graders.wire import Broken

Emit = Callable[[dict[str, Any]], Awaitable[None]]
FRESH_SEEDS = 3
_STATUS: dict[str, Status] = {"failed": "failed", "error": "error", "timeout": "timeout", "limit": "limit"}


@dataclass
class Prepared:
    """What can be known of an exercise before a submission arrives: one seed's reference, three seeds' mistakes."""

    seed: int
    reference: list[Log]
    ladder: list[dict[str, str]]
    fresh: tuple[int, ...] = ()
    fresh_reference: list[Run] = field(default_factory=list)
    known: dict[str, Run] = field(default_factory=dict)


class Judge:
    """Gives verdicts, one exercise at a time or several at once; keeps references ready for the next one."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._ready: dict[str, Prepared] = {}
        self._preparing: dict[str, asyncio.Task[None]] = {}

    # --- what is known before -------------------------------------------------------------------------------------

    def prepare(self, exercise: Exercise) -> asyncio.Task[None]:
        """Make the reference and the mistakes' logs ahead, on seeds that nobody has seen yet."""
        task = self._preparing.get(exercise.id)
        if task is None or task.done():
            task = asyncio.create_task(self._prepare(exercise))
            task.add_done_callback(lambda t: t.cancelled() or t.exception())  # told when it is needed, not here
            self._preparing[exercise.id] = task
        return task

    async def _prepare(self, exercise: Exercise) -> None:
        if exercise.kind == "predict":
            return  # the seed stands in the learner's file
        ready = self._ready.get(exercise.id) or await self._reference(exercise, new_seed())
        self._ready[exercise.id] = ready
        if not ready.known:
            await self._mistakes(exercise, ready)

    async def _reference(self, exercise: Exercise, seed: int) -> Prepared:
        """The logs of the reference and of the other accepted answers for one seed. Raises Ours when they fail."""
        files = ["answer.py", *exercise.extra.get("accepts", ())]
        runs = await asyncio.gather(*(self.run(exercise, exercise.text(f), [seed], trusted=True) for f in files))
        for name, run in zip(files, runs, strict=True):
            trouble = ailing(run, seed)
            if trouble:
                raise Ours(f"{exercise.name}: {name} itself fails: {trouble}")
        return Prepared(seed, [run.logs[seed] for run in runs], runs[0].ladder)

    async def _mistakes(self, exercise: Exercise, ready: Prepared) -> None:
        """Run the known mistakes on three fresh seeds, for the names."""
        fresh = (ready.seed,) if exercise.kind == "predict" else tuple(new_seed() for _ in range(FRESH_SEEDS))
        answer = exercise.text("answer.py")
        known = [m for m in exercise.mistakes if m.signature != "timeout"]
        files = ["answer.py", *exercise.extra.get("accepts", ())]
        jobs = [self.run(exercise, exercise.text(f), fresh, trusted=True) for f in files]
        jobs += [self.run(exercise, m.source(answer), fresh, only=[m.check], trusted=True) for m in known]
        runs = await asyncio.gather(*jobs)
        ready.fresh, ready.fresh_reference = fresh, runs[: len(files)]
        ready.known = {m.name: run for m, run in zip(known, runs[len(files) :], strict=True)}

    # --- running --------------------------------------------------------------------------------------------------

    def job(self, exercise: Exercise, source: str, seeds: list[int] | tuple[int, ...], **more: Any) -> dict[str, Any]:
        """What a child is told to do. Questions of a predict exercise go to our own answers alone."""
        questions = exercise.text("questions.py") if more.get("trusted") and exercise.has("questions.py") else ""
        return {
            "do": "check",
            "check": exercise.check,
            "entry": exercise.entry,
            "source": source,
            "file": f"{exercise.id}.py",
            "seeds": list(seeds),
            "seconds": exercise.seconds,
            "cpu_seconds": int(60 + 20 * exercise.seconds) * len(seeds),
            "memory_mb": exercise.memory_mb,
            "forbids": [f.ops for f in exercise.forbids],
            "questions": questions,
            **more,
        }

    async def run(
        self, exercise: Exercise, source: str, seeds: list[int] | tuple[int, ...], **more: Any
    ) -> Run:
        """Run the check file on a source to its end, without judging it."""
        run = Run()
        async with self.pool.child(self.job(exercise, source, seeds, **more)) as child:
            async for _, run, _ in follow(child, exercise.seconds):  # noqa: B007
                pass
        return run

    # --- the verdict ----------------------------------------------------------------------------------------------

    async def check(
        self, exercise: Exercise, source: str, seed: int | None = None, file: str = "", emit: Emit | None = None
    ) -> Report:
        """The verdict over one submission; each rung of the ladder is told to ``emit`` as it is known."""
        started = time.monotonic()
        try:
            report = await self._check(exercise, source, seed, emit or _silent)
        except Ours as error:
            says = "The grader itself failed, not your code. `gradatim doctor` and a report of this would help us."
            report = Report(exercise.id, "broken", message=f"{says}\n{error}")
        except (OSError, RuntimeError) as error:
            report = Report(exercise.id, "broken", message=f"The grader could not run: {error}")
        return Report(**{**report.__dict__, "seconds": round(time.monotonic() - started, 4)})

    async def _check(self, exercise: Exercise, source: str, seed: int | None, emit: Emit) -> Report:
        if exercise.kind == "predict":
            seed = written_seed(source)
            if seed is None:
                text = "The line `SEED = …` is gone from your file; the questions belong to it. `reset` draws new ones."
                return Report(exercise.id, "error", message=text)
        ready = self._ready.pop(exercise.id, None) if seed is None else None
        seed = ready.seed if ready else seed if seed is not None else new_seed()
        wait = None if ready else asyncio.create_task(self._reference(exercise, seed))
        try:
            verdict = Verdict(exercise, seed)
            run = Run()
            async with self.pool.child(self.job(exercise, source, [seed])) as child:
                async for what, run, _ in follow(child, exercise.seconds):
                    if what == "ladder" and not verdict.ladder:
                        verdict.ladder = run.ladder
                        await emit({"event": "ladder", "checks": [RUNS_RUNG(exercise), *run.ladder]})
                    if ready is None:
                        assert wait is not None
                        ready = await wait
                    for check in verdict.learn(run, ready, over=what == "over"):
                        await emit({"event": "check", "check": check.__dict__})
                    if verdict.decided:
                        break
                run.output = run.output or child.printed()
            assert ready is not None
            verdict.ladder = ready.ladder
            named: list[Mistake] = []
            failure = verdict.failure
            if failure is not None and failure.name != "runs":
                named, lens = await self._diagnose(exercise, source, seed, failure, run, ready)
                if lens:
                    failure.details["lens"] = lens
            report = verdict.report(run, named)
        finally:
            if wait is not None:
                wait.cancel()
        if exercise.kind != "predict":
            self.prepare(exercise)
        return report

    async def _diagnose(
        self, exercise: Exercise, source: str, seed: int, failure: Check, run: Run, ready: Prepared
    ) -> tuple[list[Mistake], list[dict[str, Any]]]:
        """Name the mistake, and look through the lens, both at once."""
        at = [m for m in exercise.mistakes if m.check == failure.name]
        if failure.outcome == "timeout":
            return [Mistake(m.name, m.says) for m in at if m.signature == "timeout"], []
        if failure.outcome not in ("failed", "error"):
            return [], []
        lens_job = self.run(exercise, source, [seed], only=[failure.name], lens=True)
        name_job = self._name(exercise, source, at, run, ready) if at else _nothing()
        lens_run, named = await asyncio.gather(lens_job, name_job)
        log = lens_run.logs.get(seed)
        lens = log.check(failure.name).lens if log else []
        lines = source.splitlines()
        for line in lens:
            line["text"] = lines[line["line"] - 1] if 0 < line["line"] <= len(lines) else ""
        return named, lens

    async def _name(
        self, exercise: Exercise, source: str, at: list[Known], run: Run, ready: Prepared
    ) -> list[Mistake]:
        """The known mistakes with which the submission agrees on every fresh seed."""
        name = at[0].check
        if not ready.known:
            await self._mistakes(exercise, ready)
        if exercise.kind == "predict":
            mine = run
        else:
            mine = await self.run(exercise, source, ready.fresh, only=[name])
        found = []
        for known in at:
            theirs = ready.known.get(known.name)
            if theirs is not None and all(
                self._agrees(exercise, known, name, seed, mine, theirs, ready) for seed in ready.fresh
            ):
                found.append(Mistake(known.name, known.says))
        return found

    def _agrees(
        self, exercise: Exercise, known: Known, name: str, seed: int, mine: Run, theirs: Run, ready: Prepared
    ) -> bool:
        if seed not in mine.logs or seed not in theirs.logs:
            return False
        reference = [r.logs[seed].check(name) for r in ready.fresh_reference]
        a, b = mine.logs[seed].check(name), theirs.logs[seed].check(name)
        if exercise.kind == "predict":
            return mistakes.agrees_where_wrong(a, b, reference)
        return mistakes.agrees(a, b, reference, known.signature)


class Verdict:
    """Collects the outcome of each check, in the order of causes; the first failure decides."""

    def __init__(self, exercise: Exercise, seed: int) -> None:
        self.exercise, self.seed = exercise, seed
        self.ladder: list[dict[str, str]] = []
        self.checks: list[Check] = []
        self.failure: Check | None = None
        self.message = ""

    @property
    def decided(self) -> bool:
        return self.failure is not None

    def learn(self, run: Run, ready: Prepared, over: bool) -> list[Check]:
        """Judge whatever has newly become known; returns the new rungs."""
        self.ladder = ready.ladder
        new: list[Check] = []
        mine = run.logs.get(self.seed)
        for rung in [RUNS_RUNG(self.exercise), *self.ladder][len(self.checks) :]:
            if self.failure is not None:
                break
            log = mine.checks.get(rung["name"]) if mine else None
            if log is None or not (log.ended or (rung["name"] == "runs" and log.raised)):
                if over:
                    check = self._unfinished(rung, log, run)
                    new.append(check)
                break
            new.append(self._judge(rung, log, ready))
            if new[-1].outcome != "passed":
                self.failure = new[-1]
        for check in new:
            self.checks.append(check)
            if check.outcome != "passed":
                self.failure = check
        return new

    def _judge(self, rung: dict[str, str], log: CheckLog, ready: Prepared) -> Check:
        name, title = rung["name"], rung["title"]
        if name == "runs":
            return self._judge_import(name, title, log)
        if log.forbidden:
            return self._forbidden(name, title, log.forbidden)
        reference = [r.check(name) for r in ready.reference]
        outcome, message, details = compare(log, reference, self.exercise)
        return Check(name, title, outcome, message, details)

    def _judge_import(self, name: str, title: str, log: CheckLog) -> Check:
        if log.raised:
            message, details = explain.raised(log.raised, f"{self.exercise.id}.py")
            return Check(name, title, _limit_or("error", log.raised), message, details)
        if log.missing:
            names = ", ".join(f"`{n}`" for n in log.missing)
            return Check(name, title, "error", f"Your file does not define {names}.", {"missing": log.missing})
        return Check(name, title, "passed")

    def _forbidden(self, name: str, title: str, what: dict[str, Any]) -> Check:
        number = what.get("rule", -1)
        if number == -1 or number >= len(self.exercise.forbids):
            text = "The watch over torch's calls was switched off while your code ran, so nothing can be said about it."
            return Check(name, title, "forbidden", text)
        rule = self.exercise.forbids[number]
        at = f" at line {what['line']}" if what.get("line") else ""
        text = f"Your code calls torch's `{what.get('name')}`{at}. {rule.says}"
        return Check(name, title, "forbidden", text, {"line": what.get("line"), "call": what.get("name")})

    def _unfinished(self, rung: dict[str, str], log: CheckLog | None, run: Run) -> Check:
        """The rung at which the process stopped without finishing: the honest sentence for how it ended."""
        name, title = rung["name"], rung["title"]
        where = run.hung or {}
        at = f" at line {where['line']}: `{where['text']}`" if where.get("line") else _dumped(run, self.exercise)
        details = {"line": where.get("line"), "locals": where.get("locals", {})}
        kind = run.ended.kind if run.ended else "silent"
        code = run.ended.detail if run.ended else None
        if run.hung or kind == "timeout":
            text = f"No end after {self.exercise.seconds:g} seconds{at}. Does this loop ever stop?"
            return Check(name, title, "timeout", text, details)
        if kind == "output":
            return Check(name, title, "limit", "Your code printed more than 1 MB. Take the print out of the loop.", details)
        if kind == "traffic":
            return Check(name, title, "limit", "Your code returned more than 512 MB in all.", details)
        if kind == "signal":
            return Check(name, title, "limit" if code in (-24, -25) else "error", _signal_text(code), details)
        if kind == "exit":
            text = f"Your code ended the whole Python process (exit code {code}) before the check was over."
            return Check(name, title, "error", text, details)
        text = "The record of this check is not one that the checks write; nothing in it counts."
        return Check(name, title, "error", text, details)

    def report(self, run: Run, named: list[Mistake]) -> Report:
        """The final verdict."""
        status: Status = "passed"
        rungs = [RUNS_RUNG(self.exercise), *self.ladder]
        tried = [t for t in run.tried if t != "start a thread" or self.exercise.forbids]
        if self.failure is not None:
            outcome = self.failure.outcome
            status = "forbidden" if outcome == "forbidden" else _STATUS.get(outcome, "error")
        elif tried:
            status = "forbidden"
        elif len(self.checks) != len(rungs) or not run.logs[self.seed].complete:
            status = "error"
            self.message = "The run ended before its last word; nothing of it counts."
        if tried and status != "passed":
            self.message = f"Your code tried to {tried[0]}; a check runs without that."
        waiting = [Check(r["name"], r["title"], "waiting") for r in rungs[len(self.checks) :]]
        return Report(
            self.exercise.id, status, (*self.checks, *waiting), tuple(named), self.message, self.seed,
            output=run.output,
        )  # fmt: skip


def RUNS_RUNG(exercise: Exercise) -> dict[str, str]:
    """The rung before all others."""
    names = [f"`{n}`" for n in exercise.entry]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return {"name": "runs", "title": f"The file runs and defines {listed}"}


def compare(log: CheckLog, reference: list[CheckLog], exercise: Exercise) -> tuple[Outcome, str, dict[str, Any]]:
    """Judge one finished check against the reference's log: outcome, message, facts."""
    theirs = reference[0].seen
    wrong: dict[str, Any] = {}
    for i, expected in enumerate(theirs):
        if i >= len(log.seen):
            if log.raised:
                message, details = explain.raised(log.raised, f"{exercise.id}.py")
                return _limit_or("failed" if _kindly(log.raised) else "error", log.raised), message, details
            return "failed", f"{expected.name} was never reached.", {}
        mine = log.seen[i]
        if mine.name != expected.name:
            text = f"{mine.name} came where {expected.name} was expected."
            return "failed", text, {"got": mine.name, "expected": expected.name}
        try:
            found = judge(mine, [r.seen[i] for r in reference if i < len(r.seen)])
        except (Broken, KeyError, TypeError, ValueError):
            return "error", f"{expected.name}: what arrived is not a value that a check can send.", {}
        if found is not None and expected.rule.get("secret"):
            wrong[expected.name] = plain(mine.node)
        elif found is not None:
            message, details = explain.explain(expected.name, found, expected.rule)
            return "failed", message, details
    if wrong:
        return "failed", *explain.predictions(wrong, len(theirs))
    if log.raised:
        message, details = explain.raised(log.raised, f"{exercise.id}.py")
        return _limit_or("error", log.raised), message, details
    if len(log.seen) != len(theirs):
        return "error", "More was observed than this check observes.", {}
    return "passed", "", {}


def ailing(run: Run, seed: int) -> str:
    """Why a run of our own file is not fit to be a reference; empty when it is."""
    log = run.logs.get(seed)
    if run.ended is not None or log is None or not log.complete:
        return f"it ended early ({run.ended.kind if run.ended else 'unfinished'}) {run.output[-500:]}"
    for check in log.checks.values():
        if check.raised:
            return f"{check.name} raises {check.raised.get('type')}: {check.raised.get('message')} {run.output[-500:]}"
        if check.missing:
            return f"it does not define {check.missing}"
    return ""


def new_seed() -> int:
    """A seed that nobody could know beforehand."""
    return secrets.randbelow(1_000_000)


def written_seed(source: str) -> int | None:
    """The seed that a predict exercise's file carries."""
    found = re.search(r"^SEED\s*=\s*(\d{1,9})\s*(#.*)?$", source, re.MULTILINE)
    return int(found[1]) if found else None


def _limit_or(outcome: Outcome, raised: dict[str, Any]) -> Outcome:
    text = str(raised.get("message", ""))
    memory = raised.get("type") == "MemoryError" or "can't allocate memory" in text or "not enough memory" in text
    return "limit" if memory or "File too large" in text else outcome


def _kindly(raised: dict[str, Any]) -> bool:
    return raised.get("type") == "NotImplementedError"


def _dumped(run: Run, exercise: Exercise) -> str:
    """The line in faulthandler's dump, for code that hangs where Python does not answer."""
    found = re.search(rf'File "{re.escape(exercise.id)}\.py", line (\d+)', run.output)
    return f" at line {found[1]}" if found else ""


def _signal_text(code: int | None) -> str:
    names = {
        -11: "crashed (segmentation fault)", -6: "crashed (abort)", -9: "was ended from outside or ran out of memory",
        -24: "used up its processor time", -25: "wrote a file of more than 16 MB", -8: "crashed (arithmetic)",
    }  # fmt: skip
    return f"The process of your code {names.get(code or 0, f'ended by signal {-(code or 0)}')}."


async def _silent(event: dict[str, Any]) -> None:
    """For callers that want the report alone."""


async def _nothing() -> list[Mistake]:
    return []
