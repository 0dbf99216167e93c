"""Judges one submission: runs the check on it and on the reference, compares the two logs, and names the mistake."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from exercises import Exercise
from graders import ahead, mistakes
from graders.log import Busy, Log, Ours, Run, follow
from graders.pool import Pool
from graders.report import Check, Mistake, Report
from graders.verdict import Verdict, runs_rung

T = TypeVar("T")
Emit = Callable[[dict[str, Any]], Awaitable[None]]
FRESH_SEEDS = 3
KEPT_BANKS, KEPT_REFERENCES = 24, 48


@dataclass(frozen=True)
class Reference:
    """What the reference and the other accepted answers observe under one seed."""

    seed: int
    logs: list[Log]
    ladder: list[dict[str, str]]


@dataclass(frozen=True)
class Bank:
    """How the reference and every known mistake behave on a few fresh seeds.

    It may be used again and again: no submission ever learns these seeds, nor can it keep what it saw.
    """

    seeds: tuple[int, ...]
    reference: list[Run]
    known: dict[str, list[Run]]
    """By the mistake's name, one run for each of its forms."""
    sources: dict[str, Run]
    """The same runs by the wrong file itself."""


class Judge:
    """Gives verdicts, one exercise at a time or several at once; keeps references ready for the next one."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._ready: dict[str, tuple[int, asyncio.Task[Reference]]] = {}
        self._asked: dict[tuple[str, int], asyncio.Task[Reference]] = {}
        self._banks: dict[tuple[str, int], asyncio.Task[Bank]] = {}
        self._slow: dict[str, list[list[str]]] = {}

    # --- what can be known before a submission arrives -------------------------------------------------------------

    async def prepare(self, exercise: Exercise) -> None:
        """Make the reference, on a seed that nobody has seen yet, and the bank of mistakes."""
        if exercise.kind != "predict" and not exercise.locked:  # a prediction's seed stands in the learner's file
            if exercise.id not in self._ready or _spoilt(self._ready[exercise.id][1]):
                self._ready[exercise.id] = self._begin_reference(exercise, new_seed())
            await asyncio.gather(self._ready[exercise.id][1], self._bank(exercise, 0))

    def _begin_reference(self, exercise: Exercise, seed: int) -> tuple[int, asyncio.Task[Reference]]:
        return seed, _background(self._reference(exercise, seed))

    def _given(self, exercise: Exercise, seed: int) -> asyncio.Task[Reference]:
        """The reference for a seed that somebody asked for; they may well ask again."""
        key = (exercise.id, seed)
        task = self._asked.pop(key, None)
        if task is None or _spoilt(task):
            task = self._begin_reference(exercise, seed)[1]
        self._asked[key] = task
        while len(self._asked) > KEPT_REFERENCES:
            self._asked.pop(next(iter(self._asked)))
        return task

    async def _reference(self, exercise: Exercise, seed: int) -> Reference:
        """Raises Ours when the reference itself fails."""
        runs = await self.answers(exercise, [seed])
        return Reference(seed, [run.logs[seed] for run in runs], runs[0].ladder)

    async def answers(self, exercise: Exercise, seeds: list[int]) -> list[Run]:
        """Runs of the reference and of every other accepted answer. Raises Ours when one of them fails, Busy when it
        takes too long: it is proven not to, on a machine that has the time."""
        files = ["answer.py", *exercise.extra.get("accepts", ())]
        runs = await asyncio.gather(*(self.run(exercise, exercise.text(f), seeds, trusted=True) for f in files))
        for name, run in zip(files, runs, strict=True):
            if run.hung or (run.ended is not None and run.ended.kind == "timeout"):
                raise Busy
            trouble = ailing(run, seeds)
            if trouble:
                raise Ours(f"{exercise.name}: {name} itself fails: {trouble}")
        return runs

    def _bank(self, exercise: Exercise, seed: int) -> asyncio.Task[Bank]:
        """The bank of an exercise; ``seed`` tells predictions apart, whose questions depend on it."""
        key = (exercise.id, seed)
        task = self._banks.pop(key, None)
        if task is None or _spoilt(task):
            task = _background(self._mistakes(exercise, [seed] if seed else [new_seed() for _ in range(FRESH_SEEDS)]))
        self._banks[key] = task  # the most recently used stands last
        while len(self._banks) > KEPT_BANKS:
            self._banks.pop(next(iter(self._banks))).cancel()
        return task

    async def _mistakes(self, exercise: Exercise, seeds: list[int]) -> Bank:
        answer = exercise.text("answer.py")
        known = [(m, form) for m in exercise.mistakes if m.signature != "timeout" for form in m.forms(answer)]
        jobs = [self.run(exercise, form, seeds, only=[m.check], trusted=True) for m, form in known]
        reference, runs = await asyncio.gather(self.answers(exercise, seeds), asyncio.gather(*jobs))
        by_name: dict[str, list[Run]] = {}
        for (mistake, _), run in zip(known, runs, strict=True):
            by_name.setdefault(mistake.name, []).append(run)
        return Bank(tuple(seeds), reference, by_name, {form: run for (_, form), run in zip(known, runs, strict=True)})

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
            "load": self._slow_imports(exercise),
            **more,
        }

    def _slow_imports(self, exercise: Exercise) -> list[list[str]]:
        """What the zygote should load before it forks for this exercise."""
        if exercise.id not in self._slow:
            check = (Path(__file__).parent / "checks" / exercise.check).read_text(encoding="utf-8")
            self._slow[exercise.id] = ahead.wanted(exercise.text("answer.py")) + ahead.wanted(check)
        return self._slow[exercise.id]

    async def run(self, exercise: Exercise, source: str, seeds: list[int] | tuple[int, ...], **more: Any) -> Run:
        """Run the check file on a source to its end, without judging it."""
        run = Run()
        async with self.pool.child(self.job(exercise, source, seeds, **more)) as child:
            async for _, run, _ in follow(child, exercise.seconds, bool(more.get("trusted"))):  # noqa: B007
                pass
        return run

    async def start_text(self, exercise: Exercise, seed: int) -> str:
        """What the learner receives; a predict exercise's questions are those of the seed."""
        text = exercise.text("start.py")
        if not exercise.has("questions.py"):
            return text
        job = {"do": "start", "start": text, "questions": exercise.text("questions.py"), "seed": seed, "seconds": 20}
        async with self.pool.child(job) as child:
            async for frame, _ in child.frames(20):
                if frame["f"] == "result":
                    text = str(frame["value"])
                elif frame["f"] == "broken":
                    raise Ours(f"{exercise.name}: {frame.get('message')}")
        return text

    # --- the verdict ----------------------------------------------------------------------------------------------

    async def check(
        self,
        exercise: Exercise,
        source: str,
        seed: int | None = None,
        emit: Emit | None = None,
        name: bool = True,
        look: bool = True,
    ) -> Report:
        """The verdict over one submission; each rung of the ladder is told to ``emit`` as it is known.

        A failure is named where ``name`` says so, and looked at through the lens where ``look`` does.
        """
        if exercise.locked:
            return Report(exercise.id, "error", message=exercise.locked)
        started = time.monotonic()
        try:
            report = await self._check(exercise, source, seed, emit or _silent, name, look)
        except Busy:
            says = "This machine was too busy to judge: our own answer did not end in time either. Try again."
            report = Report(exercise.id, "broken", message=says)
        except Ours as error:
            says = "The grader itself failed, not your code. `gradatim doctor` and a report of this would help us."
            report = Report(exercise.id, "broken", message=f"{says}\n{error}")
        except (OSError, RuntimeError) as error:
            report = Report(exercise.id, "broken", message=f"The grader could not run: {error}")
        return Report(**{**report.__dict__, "seconds": round(time.monotonic() - started, 4)})

    async def _check(
        self, exercise: Exercise, source: str, seed: int | None, emit: Emit, name: bool, look: bool
    ) -> Report:
        if exercise.kind == "predict":
            seed = written_seed(source)
            if seed is None:
                text = "The line `SEED = …` is gone from your file; the questions belong to it. `reset` draws new ones."
                return Report(exercise.id, "error", message=text)
        drawn = seed is None
        if seed is not None:
            waiting = self._given(exercise, seed)
        else:  # a reference is used once: its seed is told afterwards
            ready = self._ready.pop(exercise.id, None)
            if ready is None or _spoilt(ready[1]):
                ready = self._begin_reference(exercise, new_seed())
            seed, waiting = ready
        verdict = Verdict(exercise, seed)
        run = Run()
        async with self.pool.child(self.job(exercise, source, [seed])) as child:
            async for what, run, _ in follow(child, exercise.seconds):
                reference = await waiting
                if what == "ladder":
                    await emit({"event": "ladder", "checks": [runs_rung(exercise), *reference.ladder]})
                for check in verdict.learn(run, reference, over=what == "over"):
                    await emit({"event": "check", "check": check.__dict__})
                if verdict.failure:
                    break
            run.output = run.output or child.printed()
        named: list[Mistake] = []
        seen: dict[str, Any] = {}
        failure = verdict.failure
        if failure is not None and failure.name != "runs":
            named, seen = await asyncio.gather(
                self._name(exercise, source, seed, failure, run) if name else _nothing(),
                self._look(exercise, source, seed, failure, run) if look else _nothing(),
            )
            failure.details.update(seen)
        if drawn and exercise.id not in self._ready:
            self._ready[exercise.id] = self._begin_reference(exercise, new_seed())
        return verdict.report(run, named)

    async def _look(self, exercise: Exercise, source: str, seed: int, failure: Check, run: Run) -> dict[str, Any]:
        """What every line of the submission assigned in the call whose outcome failed."""
        if failure.outcome not in ("failed", "error") or failure.details.get("raised") == "NotImplementedError":
            return {}
        last = failure.details.pop("number", len(run.log(seed).check(failure.name).seen))
        return await self._lens(exercise, source, seed, failure.name, last)

    async def shapes(self, exercise: Exercise, source: str, seed: int | None = None) -> dict[str, Any]:
        """The same on request, whatever the verdict: of the check in whose first call most lines of the file ran.

        Returns ``check`` (its name), ``lens`` and, for some exercises, ``graph``; empty where nothing ran.
        """
        seed = written_seed(source) if exercise.kind == "predict" else seed
        seed = new_seed() if seed is None else seed
        run = await self.run(exercise, source, [seed])
        names = [name for name in run.log(seed).checks if name != "runs"]
        seen = await asyncio.gather(*(self._lens(exercise, source, seed, name, 1) for name in names))
        best = max(range(len(names)), key=lambda i: len(seen[i].get("lens", ())), default=None)
        return {"check": names[best], **seen[best]} if best is not None and seen[best] else {}

    async def _lens(self, exercise: Exercise, source: str, seed: int, check: str, last: int) -> dict[str, Any]:
        """Run one check under the lens, up to its observation number ``last``; empty where no line ran."""
        more = {"lens": True, "graph": exercise.graph, "last": last}
        run = await self.run(exercise, source, [seed], only=[check], **more)
        looked, lines = run.log(seed).check(check), source.splitlines()
        for line in looked.lens:
            line["text"] = lines[line["line"] - 1] if 0 < line["line"] <= len(lines) else ""
        found = {"lens": looked.lens, "graph": looked.graph}
        return {key: value for key, value in found.items() if value}

    async def _name(self, exercise: Exercise, source: str, seed: int, failure: Check, run: Run) -> list[Mistake]:
        """The known mistakes with which the submission agrees on every fresh seed."""
        at = [m for m in exercise.mistakes if m.check == failure.name]
        if failure.outcome == "timeout":
            return [Mistake(m.name, m.says) for m in at if m.signature == "timeout"]
        if failure.outcome not in ("failed", "error") or not at:
            return []
        predict = exercise.kind == "predict"
        try:
            bank = await self._bank(exercise, seed if predict else 0)
        except Busy:
            return []  # the verdict stands without a name
        name = failure.name
        mine = run if predict else bank.sources.get(source)  # a file that is ours word for word has been run
        if mine is None or name not in mine.log(bank.seeds[0]).checks:
            mine = await self.run(exercise, source, bank.seeds, only=[name])
        agrees = mistakes.agrees_where_wrong if predict else mistakes.agrees
        found = []
        for known in at:
            if any(
                all(
                    agrees(
                        mine.log(fresh).check(name),
                        form.log(fresh).check(name),
                        [answer.log(fresh).check(name) for answer in bank.reference],
                        known.signature,
                    )
                    for fresh in bank.seeds
                )
                for form in bank.known.get(known.name, ())
            ):
                found.append(Mistake(known.name, known.says))
        return found


def ailing(run: Run, seeds: list[int]) -> str:
    """Why a run of our own file is not fit to be a reference; empty when it is."""
    if run.ended is not None or not all(run.log(seed).complete for seed in seeds):
        return f"it ended early ({run.ended.kind if run.ended else 'unfinished'}) {run.output[-500:]}"
    for check in [check for seed in seeds for check in run.log(seed).checks.values()]:
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


async def _silent(event: dict[str, Any]) -> None:
    """For callers that want the report alone."""


def _spoilt(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _nothing() -> Any:
    return ()


def _background(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task whose failure is told when its result is asked for, and not before."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda t: t.cancelled() or t.exception())
    return task
