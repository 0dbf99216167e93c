"""A small course, a grader that answers at once, and runs that need no torch: fixed, so that pictures are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from exercises import Exercise
from graders.report import Check, Mistake, Report
from lessons import Lesson
from tutor.course import Entry
from tutor.placement import Step, tested_out
from tutor.progress import Answer
from tutor.settings import Settings
from tutor.workspace import Workspace

START = '''"""A softmax that never overflows."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    """The softmax of x along dim.

    x: floating point, any shape
    returns: same shape and dtype as x

    >>> softmax(torch.tensor([0.0, 0.0]), 0)
    tensor([0.5000, 0.5000])
    """
    raise NotImplementedError  # TODO: about three lines
'''
ANSWER = START.replace(
    "    raise NotImplementedError  # TODO: about three lines\n",
    "    shifted = x - x.amax(dim, keepdim=True)\n"
    "    powers = shifted.exp()\n"
    "    return powers / powers.sum(dim, keepdim=True)\n",
)
NAIVE = START.replace(
    "    raise NotImplementedError  # TODO: about three lines\n",
    "    powers = x.exp()\n    return powers / powers.sum(dim, keepdim=True)\n",
)
AFTER = """
Subtracting the row's maximum changes nothing in exact arithmetic. In floating point it changes
everything: the largest exponent becomes 0, so no term overflows.

In production the name is `torch.softmax`, one fused kernel.
"""
PAGE_ONE = """## Why a wrong shape can be a wrong number

Subtract a column of means from a table, and forget `keepdim`: nothing is raised, and **every number is
wrong**. Shapes are lined up from the right:

```text
  (3, 4)
     (3)   ✗  4 and 3 do not fit
```

```python
import torch
x = torch.arange(6.0).reshape(2, 3)
x.sum(1)
```
```output
tensor([ 3., 12.])
```

What comes out when a row meets a column?

```python predict="What shape has it?"
a = torch.ones(3)
b = torch.ones(2, 1)
(a + b).shape
```
```output
torch.Size([2, 3])
```
"""
PAGE_TWO = """## Your turn

A softmax is the first place where the line-up matters.

[Quiz](quiz:)

[Exercise: stable softmax](exercise:stable-softmax)
"""


def exercise(folder: Path, id_: str, title: str, topic: str, **more: Any) -> Exercise:
    place = folder / topic / id_
    place.mkdir(parents=True, exist_ok=True)
    for name, text in (("start.py", START), ("answer.py", ANSWER), ("exercise.toml", f'title = "{title}"\n')):
        (place / name).write_text(text, encoding="utf-8")
    values: dict[str, Any] = {
        "kind": "implement",
        "task": "Write softmax from exp, max and sum, so that it stays exact\nwhen the inputs are huge.",
        "minutes": 20,
        "difficulty": 2,
        "importance": 5,
        "tier": "A",
        "entry": ("softmax",),
        "hints": (
            "What is `exp(1000)` in float32? What can you subtract from a row without changing its softmax?",
            "Take the maximum along dim with keepdim=True. Subtract it. Then divide exp by its sum.",
            "\nshifted = x - x.amax(____, keepdim=____)\nreturn shifted.exp() / ____",
        ),
        "after": AFTER.strip(),
    }
    return Exercise(id=id_, topic=topic, title=title, folder=place, **{**values, **more})


def course(folder: Path) -> tuple[tuple[Lesson, ...], dict[str, Exercise]]:
    known = [
        exercise(folder, "stable_softmax", "A softmax that never overflows", "broadcasting"),
        exercise(folder, "pairwise_distances", "All distances at once", "broadcasting", difficulty=3, minutes=25),
        exercise(folder, "retain_graph", "When the graph is gone", "autograd", kind="fix", minutes=15),
        exercise(folder, "trace_backward", "Follow a gradient home", "autograd", kind="predict", difficulty=1),
        exercise(folder, "causal_self_attention", "Causal self-attention", "gpt2", difficulty=4, minutes=60,
                 slot="attention"),
    ]  # fmt: skip
    body = f"{PAGE_ONE}---\n{PAGE_TWO}"

    def lesson(number: int, slug: str, title: str, track: str, minutes: int, names: tuple[str, ...]) -> Lesson:
        path = folder / f"{number:02}_{slug}.md"
        needs = ("L03",) if number > 3 else ()
        return Lesson(f"L{number:02}", number, slug, title, track, needs, minutes, names, path, body)

    lessons = (
        lesson(3, "broadcasting", "Broadcasting, reductions, softmax", "tensors", 90,
               ("stable_softmax", "pairwise_distances")),
        lesson(4, "autograd", "Autograd and the graph", "tensors", 75, ("retain_graph", "trace_backward")),
        lesson(20, "gpt2", "The GPT-2 module", "GPT-2", 120, ("causal_self_attention",)),
    )  # fmt: skip
    return lessons, {one.id: one for one in known}


@dataclass(frozen=True)
class FakeAttempt:
    id: int
    when: datetime
    status: str
    source: str
    report: Report
    hash: str = ""

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass(frozen=True)
class FakeSnapshot:
    id: int
    when: datetime
    source: str
    reason: str


class FakeProgress:
    """What `tutor.progress` keeps, in memory, with a clock of its own."""

    def __init__(self) -> None:
        self.notice = ""
        self.kept: dict[str, list[FakeAttempt]] = {}
        self.texts: dict[str, list[FakeSnapshot]] = {}
        self.hint_levels: dict[str, int] = {}
        self.solutions: set[str] = set()
        self.solved_zoos: set[str] = set()
        self.given: list[tuple[Any, ...]] = []
        self.past: list[Answer] = []
        self.passed_at: list[tuple[str, datetime]] = []
        self.steps: list[Step] = []
        self._clock = datetime(2026, 3, 1, 9, 0)

    def _now(self) -> datetime:
        self._clock += timedelta(minutes=7)
        return self._clock

    def attempt(self, exercise_id: str, source: str, report: Report, content_hash: str = "", origin: str = "") -> None:
        kept = self.kept.setdefault(exercise_id, [])
        kept.append(FakeAttempt(len(kept) + 1, self._now(), report.status, source, report, content_hash))

    def attempts(self, exercise_id: str) -> list[FakeAttempt]:
        return list(self.kept.get(exercise_id, []))

    def tried(self) -> set[str]:
        return {name for name, attempts in self.kept.items() if attempts}

    def snapshot(self, exercise_id: str, source: str, reason: str) -> None:
        kept = self.texts.setdefault(exercise_id, [])
        kept.append(FakeSnapshot(len(kept) + 1, self._now(), source, reason))

    def snapshots(self, exercise_id: str) -> list[FakeSnapshot]:
        return list(self.texts.get(exercise_id, []))

    def hints(self, exercise_id: str) -> int:
        return self.hint_levels.get(exercise_id, 0)

    def hint_shown(self, exercise_id: str, level: int) -> None:
        self.hint_levels[exercise_id] = max(level, self.hints(exercise_id))

    def solution_shown(self, exercise_id: str) -> None:
        self.solutions.add(exercise_id)

    def solution_seen(self, exercise_id: str) -> bool:
        return exercise_id in self.solutions

    def answered(self, *answer: Any) -> None:
        self.given.append(answer)

    def answers(self, lesson: str | None = None, item: str | None = None) -> list[Answer]:
        return self.past

    def placed(self, test: str, node: str, kind: str, item: str, right: bool) -> None:
        self.steps.append(Step(test, datetime.now(UTC), node, kind, item, right))  # type: ignore[arg-type]

    def placements(self) -> list[Step]:
        return list(self.steps)

    def stale(self, exercise_id: str, current_hash: str) -> bool:
        return False

    def passes(self) -> list[tuple[str, datetime]]:
        return self.passed_at

    def mastered(self, exercise_id: str) -> bool:
        return exercise_id in self.solved_zoos and self.status(exercise_id) == "passed"

    def zoo_solved(self, exercise_id: str) -> None:
        self.solved_zoos.add(exercise_id)

    def settle(self) -> str:
        return ""

    def status(self, exercise_id: str) -> str:
        tried = [one for one in self.attempts(exercise_id) if one.status != "broken"]
        if any(one.passed for one in tried):
            return "assisted" if exercise_id in self.solutions else "passed"
        return "tried" if tried else "new"


class FakeCourse:
    def __init__(self, folder: Path, progress: FakeProgress) -> None:
        self.progress = progress
        self._lessons, self.known = course(folder)
        self.stale: set[str] = set()
        self.passed_parts = {"attention": "# what passed last"}

    def parts(self) -> dict[str, str]:
        return self.passed_parts

    def passed(self, exercise_id: str) -> str | None:
        return "# what passed last" if self.progress.status(exercise_id) == "passed" else None

    def lessons(self) -> tuple[Lesson, ...]:
        return self._lessons

    def entry(self, exercise: Exercise, lesson: Lesson, hashed: bool = True) -> Entry:
        status: Any = self.progress.status(exercise.id)
        known, mastered = lesson.id in self.tested_out(), self.progress.mastered(exercise.id)
        return Entry(exercise, lesson, status, hashed and exercise.id in self.stale, known, mastered)

    def tested_out(self) -> dict[str, datetime]:
        return tested_out(self.progress.placements())

    def entries(self, lesson: Lesson | None = None, hashed: bool = True) -> list[Entry]:
        chosen = self._lessons if lesson is None else (lesson,)
        return [self.entry(self.known[name], one, hashed) for one in chosen for name in one.exercises]

    def next(self) -> Entry | None:
        return next((entry for entry in self.entries() if entry.required), None)

    def find(self, name: str) -> Entry:
        key = name.rsplit("/", 1)[-1].replace("-", "_")
        for entry in self.entries():
            if entry.exercise.id == key:
                return entry
        raise KeyError(f"There is no exercise called {name!r}.")

    def quiz_items(self, lesson: Lesson) -> list[str]:
        return ["align_right", "keepdim"]

    def minutes_left(self) -> int:
        return sum(entry.exercise.minutes for entry in self.entries() if entry.required)

    def totals(self) -> tuple[int, int]:
        entries = self.entries()
        return sum(entry.done for entry in entries), len(entries)


RUNGS = (
    ("runs", "Your file runs and defines softmax"),
    ("test_shape", "The shape and the dtype come back"),
    ("test_sums", "Each slice sums to 1"),
    ("test_large", "Entries of ±10,000 stay finite"),
    ("test_gradient", "The gradient is that of torch.softmax"),
)
FAILURE = {
    "observation": "softmax(x)",
    "kind": "values",
    "index": [0, 2],
    "expected": 1.0,
    "got": "nan",
    "wrong": 5,
    "of": 12,
    "rtol": 1.3e-6,
    "atol": 1e-5,
    "dtype": "float32",
    "shape": [3, 4],
    "picture": "··N·\nN·N·\n·N·N",
    "lens": [
        {"line": 15, "values": {"powers": "(3, 4) float32"}, "times": 1},
        {"line": 16, "values": {"return": "(3, 4) float32"}, "times": 1},
    ],
}
MESSAGE = "softmax(x) differs first at [0, 2]: nan instead of 1.0 (5 of 12 entries differ; 5 NaN where the reference has none)."  # noqa: E501
SAYS = "exp of 1,000 overflows to infinity, and infinity over infinity is NaN. What can you subtract from a row without changing its softmax?"  # noqa: E501


def report_for(exercise_id: str, source: str) -> Report:
    """A verdict that follows from the text alone."""
    bad, message, details, named, status = 3, MESSAGE, FAILURE, (Mistake("no-shift", SAYS),), "failed"
    if "NotImplementedError" in source:
        message = "Not written yet at line 15: the stub still raises NotImplementedError."
        bad, details, named, status = 0, {}, (), "error"
    elif "amax" in source:
        bad, message, details, named, status = len(RUNGS), "", {}, (), "passed"
    checks = []
    for place, (name, title) in enumerate(RUNGS):
        outcome: Any = "passed" if place < bad else "waiting" if place > bad else status
        checks.append(Check(name, title, outcome, message if place == bad else "", details if place == bad else {}))
    output = "a line that the learner printed\n" if "print(" in source else ""
    return Report(exercise_id, status, tuple(checks), named, seed=7, seconds=0.21, output=output)  # type: ignore[arg-type]


class FakeGrader:
    """Answers at once; `gate` holds a check back so that its beginning can be looked at."""

    def __init__(self) -> None:
        self.checked: list[str] = []
        self.fences: list[tuple[list[str], int, str | None]] = []
        self.prepared: list[str] = []
        self.gate: asyncio.Event | None = None
        self.broken = False
        self.draws = 0

    async def check(
        self, exercise_id: str, source: str, seed: int | None = None, file: str = ""
    ) -> AsyncIterator[dict[str, Any]]:
        self.checked.append(source)
        yield {"event": "accepted"}
        report = report_for(exercise_id, source)
        yield {"event": "ladder", "checks": [{"name": c.name, "title": c.title} for c in report.checks]}
        for place, check in enumerate(report.checks):
            if self.gate is not None and place == 2:
                await self.gate.wait()
            if check.outcome != "waiting":
                yield {"event": "check", "check": check.__dict__}
        if self.broken:
            report = replace(report, status="broken", message="The reference failed.")
        yield {"event": "report", "report": report.to_json()}

    async def prepare(self, exercise_id: str) -> None:
        self.prepared.append(exercise_id)

    async def fence(
        self, codes: Sequence[str], index: int, edited: str | None = None, own: str = "", source: str | None = None
    ) -> dict[str, Any]:
        self.fences.append((list(codes), index, edited))
        code = edited if edited is not None else codes[index]
        if self.gate is not None:
            await self.gate.wait()
        if "raise" in code:
            return {"output": "", "raised": "RuntimeError: shapes do not fit (line 1)", "seconds": 0.01}
        output = "torch.Size([2, 3])" if ".shape" in code else "tensor([ 3., 12.])"
        return {"output": output, "raised": None, "seconds": 0.01}

    async def shapes(self, exercise_id: str, source: str, seed: int | None = None) -> dict[str, Any]:
        return {"check": "test_values", "lens": FAILURE["lens"]}

    async def examples(self, exercise_id: str, text: str) -> dict[str, Any]:
        found = []
        for number, line in enumerate(text.split("\n"), 1):
            if line.startswith("assert"):
                true = "0.5" in line
                says = "" if true else "softmax(x, 0) gives tensor([0.5000, 0.5000])"
                found.append({"line": number, "text": line, "true": true, "says": says, "catches": ["no-shift"] * true})
        return {"trouble": "", "examples": found, "wrong": ["no-shift", "global-max"]}

    async def quiz(self, deck: str, item: str | None = None, seed: int | None = None) -> dict[str, Any]:
        self.draws += 1
        return {
            "id": f"q03.item-{self.draws}",
            "text": "What shape has `a + b`?",
            "code": "a = torch.ones(3)\nb = torch.ones(2, 1)\n(a + b).shape",
            "choices": ["(3, 2)", "(2, 3)", "raises", "(2, 1)"],
            "correct": 1,
            "headline": "Shapes line up from the right.",
            "why": "The 3 meets the 1, and the 2 meets nothing: each missing or single dimension is stretched.",
        }

    async def start_text(self, exercise_id: str, seed: int) -> str:
        return f"SEED = 42\n{START}"

    async def close(self) -> None:
        pass


class FakeSampler:
    """A model that knows one sentence, and draws every third token from far below the likeliest."""

    STORY = (" tensor", " with", " the", " same", " size", " as", " self", ".", "\n", "[1]", " caf\\xc3", " is", " new")
    pause = 0.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, list[str]]] = []
        self.stopped = self.closed = False

    async def write(self, prompt: str, options: Sequence[str]) -> AsyncIterator[dict[str, Any]]:
        self.asked.append((prompt, list(options)))
        self.stopped = False
        words = dict(word.split("=") for word in options)
        if self.folder.name == "nano-2":
            yield {"event": "error", "message": "nano-2 holds no checkpoint yet"}
            return
        yield {"event": "start", "version": 1, "step": 900, "precision": "float32", "notes": []}
        count = int(words["choices"])
        for number in range(int(words["tokens"])):
            token = self.STORY[number % len(self.STORY)]
            far = number % 3 == 2
            top = [{"id": rank, "token": f" word{rank}", "share": 0.6 / 2**rank,
                    "drawn": 0.7 / 2**rank if rank < 3 else 0.0} for rank in range(count)]  # fmt: skip
            one = {"id": 99, "token": token, "share": 0.0004, "drawn": 0.001, "rank": 1234}
            if not far:
                one |= {"id": 1, "share": 0.3, "drawn": 0.35, "rank": 2}
                top[1]["token"] = token
            yield {"event": "token", "text": token.replace("\\xc3", "é"), **one, "top": top}
            await asyncio.sleep(self.pause)
            if self.stopped:
                break
        yield {"event": "end", "reason": "stopped" if self.stopped else "length", "text": "", "notes": [],
               "tokens": number + 1, "tokens_per_second": 812.4}  # fmt: skip

    async def stop(self) -> None:
        self.stopped = True

    async def close(self) -> None:
        self.closed = True


class FakeJobs:
    """Runs that are only written down."""

    Sampler = FakeSampler

    def ask(self, module: str, *words: str, timeout: float = 0) -> Any:
        return SimpleNamespace(returncode=0, stdout="parameters  4,800,000\ntime        about 4 min\n", stderr="")

    def __init__(self) -> None:
        self.started: list[tuple[Path, list[str]]] = []
        self.stopped: list[Path] = []
        self.alive: set[str] = set()

    def start_run(self, folder: Path, words: Sequence[str], parts: Mapping[str, str] | None = None) -> int:
        self.started.append((folder, list(words)))
        self.parts = dict(parts or {})
        self.alive.add(folder.name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log.jsonl").touch()
        return 4242

    def stop_run(self, folder: Path) -> bool:
        self.stopped.append(folder)
        self.alive.discard(folder.name)
        return True

    def run_alive(self, folder: Path) -> bool:
        return folder.name in self.alive

    def runs(self, root: Path) -> list[Path]:
        return sorted((log.parent for log in root.glob("*/log.jsonl")), reverse=True)


def desk(tmp_path: Path, progress: FakeProgress | None = None, **more: Any) -> Any:
    """The app on fakes, in a folder of its own; errors come through."""
    from tutor.app import GradatimApp

    progress = progress or FakeProgress()
    grader = FakeGrader()
    workspace = Workspace(tmp_path / "gradatim")

    async def connect() -> FakeGrader:
        return grader

    values: dict[str, Any] = {
        "grader_factory": connect,
        "jobs": FakeJobs(),
        "raise_errors": True,
        "settings": Settings(),
        **more,
    }
    app = GradatimApp(FakeCourse(tmp_path / "course", progress), workspace, progress, **values)  # type: ignore[arg-type]
    app.settings.set("motion", "reduced")
    app.animation_level = "none"
    app.fake = grader  # type: ignore[attr-defined]
    return app
