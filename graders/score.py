"""The score of a check: how many one-edit variants of the answer it kills, kept as a table in the repository."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from exercises import Exercise
from graders.child import CHECKS
from graders.judge import new_seed
from graders.log import Run
from graders.mistakes import broken_rules
from graders.proof import Proof
from graders.repeat import BATCH, troubles
from graders.variants import Variant, variants

TABLE = Path(__file__).parent / "scores.json"
KILL_SEEDS = 3
EQUIVALENT_CASES = 1000
WANTED = 0.98
MOST_EQUIVALENT = 0.05


@dataclass(frozen=True)
class Score:
    """What became of the variants of one exercise's answer."""

    exercise: str
    hash: str
    """Of the answers, the check and the rules: a score is only good for these."""
    bank: str
    """Of the mistakes: where these alone have changed, the variants need not be judged again."""
    variants: int
    killed: int
    equivalent: tuple[str, ...]
    """Survivors whose log equals the reference's on a thousand fresh cases."""
    survived: tuple[str, ...]
    """Survivors that behave differently somewhere: holes in the check."""
    seeds: int
    """On so many seeds the right answers passed."""
    troubles: tuple[str, ...] = ()
    """What went wrong on one of many seeds."""

    @property
    def rate(self) -> float:
        """Killed among those that are not equivalent."""
        rest = self.variants - len(self.equivalent)
        return self.killed / rest if rest else 1.0

    @property
    def good(self) -> bool:
        return (
            not self.troubles
            and self.rate >= WANTED
            and len(self.equivalent) <= max(1, round(MOST_EQUIVALENT * self.variants))
        )


def fingerprint(exercise: Exercise) -> str:
    """Changes when the answers, the check or what is allowed do; words for the reader may change."""
    files = ["answer.py", "other.py", "oracle.py"] + ["questions.py"] * exercise.has("questions.py")
    files += exercise.extra.get("accepts", ())
    check = (CHECKS / exercise.check).read_text(encoding="utf-8")
    rules = (exercise.kind, exercise.entry, exercise.seconds, exercise.memory_mb, [f.ops for f in exercise.forbids])
    return _hash(*map(exercise.text, files), check, repr(rules))


def fingerprint_of_mistakes(exercise: Exercise) -> str:
    """Changes when a mistake does; its words may change."""
    return _hash(repr([(m.name, m.check, m.signature, m.edits, m.code, m.also) for m in exercise.mistakes]))


def _hash(*texts: str) -> str:
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:16]


def valid(row: Score, exercise: Exercise) -> bool:
    """Whether all that was scored is still as it was."""
    return row.hash == fingerprint(exercise) and row.bank == fingerprint_of_mistakes(exercise)


async def score(proof: Proof, exercise: Exercise, before: Score | None = None) -> Score:
    """Judge every variant, look again at those that pass, and try what is right and wrong on many seeds.

    ``before`` is what was found the last time: where only mistakes have changed since, its variants are believed.
    """
    marks = (fingerprint(exercise), fingerprint_of_mistakes(exercise))
    if exercise.kind == "predict":
        # A prediction's answer is ten numbers; slips in the code that works them out are not what a learner hands in.
        many = Proof(proof.judge, BATCH)
        wrong = [f"{f.what}: {f.says}" async for f in many.prove(exercise) if not f.ok]
        return Score(exercise.id, *marks, 0, 0, (), (), BATCH, tuple(wrong))
    seeds, wrong = await troubles(proof.judge, exercise)
    if before is not None and before.hash == marks[0]:
        return replace(before, bank=marks[1], seeds=seeds, troubles=tuple(wrong))
    every = variants(exercise.text("answer.py"))
    fresh = [new_seed() for _ in range(KILL_SEEDS)]
    dead = await asyncio.gather(*(killed(proof, exercise, v, fresh) for v in every))
    passing = [v for v, dies in zip(every, dead, strict=True) if not dies]
    same = [v.name for v in passing if await equivalent(proof, exercise, v)]
    rest = tuple(v.name for v in passing if v.name not in same)
    counts = (len(every), len(every) - len(passing))
    return Score(exercise.id, *marks, *counts, tuple(same), rest, seeds, tuple(wrong))


async def killed(proof: Proof, exercise: Exercise, variant: Variant, seeds: list[int]) -> bool:
    """Does the check turn the variant away on one of a few seeds?"""
    for seed in seeds:
        report = await proof.check(exercise, variant.source, seed, name=False)
        if report.status == "broken":
            raise RuntimeError(f"{exercise.name}, {variant.name}: {report.message}")
        if not report.passed:
            return True
    return False


async def equivalent(proof: Proof, exercise: Exercise, variant: Variant) -> bool:
    """Does the variant observe what the reference observes, on a thousand fresh cases?"""
    cases = 0
    while cases < EQUIVALENT_CASES:
        seeds = [new_seed() for _ in range(10)]
        runs: list[Run] = [
            await proof.judge.run(exercise, source, seeds, trusted=True)
            for source in (exercise.text("answer.py"), variant.source)
        ]
        before = cases
        for seed in seeds:
            reference, mine = runs[0].log(seed), runs[1].log(seed)
            for name, check in reference.checks.items():
                cases += len(check.seen)
                theirs = mine.check(name)
                if len(theirs.seen) != len(check.seen) or theirs.raised or broken_rules(theirs, [check]):
                    return False
        if cases == before:
            return False
    return True


def table() -> dict[str, Score]:
    """The kept scores by exercise id."""
    if not TABLE.exists():
        return {}
    rows: list[dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return {r["exercise"]: _row(r) for r in rows}


def _row(row: dict[str, Any]) -> Score:
    listed = {k: tuple(row.get(k, ())) for k in ("equivalent", "survived", "troubles")}
    return Score(**{"seeds": 0, "bank": "", **row, **listed})


def add(row: Score) -> None:
    """Put one row into the table, in the order of names; of two proofs at once, neither loses its own."""
    with _turn():
        scores = table() | {row.exercise: row}
        rows = [asdict(scores[name]) for name in sorted(scores)]
        fresh = TABLE.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        fresh.replace(TABLE)


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Wait for the table; Windows has no lock on folders, and proofs there take their chance."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder = os.open(TABLE.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
