"""Every exercise is proven here as `gradatim prove` does it, and the table of scores holds."""

from __future__ import annotations

import dataclasses
import random
import subprocess
from pathlib import Path

import pytest

import exercises
from graders import score
from graders.judge import new_seed
from graders.proof import Finding, Proof, files
from graders.variants import Variant, variants
from tests.graders.conftest import Bench

ROOT = Path(__file__).parent.parent.parent
DRAWN = 50


@pytest.mark.parametrize("name", list(exercises.exercises()))
def test_proven(bench: Bench, name: str) -> None:
    async def prove() -> list[Finding]:
        return [finding async for finding in Proof(bench.judge).prove(exercises.exercise(name))]

    wrong = [f"{f.what}: {f.says}" for f in bench.wait(prove(), 300) if not f.ok]
    if wrong and all("Named: nothing" in words for words in wrong):
        # On one seed in many a mistake comes out like the right answer, and three seeds then give it no name: that
        # costs a learner a name, never the verdict. Twice in a row it is no chance.
        wrong = [f"{f.what}: {f.says}" for f in bench.wait(prove(), 300) if not f.ok]
    assert not wrong, "\n".join(wrong)


def test_a_check_that_never_fails_is_noticed(bench: Bench) -> None:
    """The proof itself can fail: an exercise whose mistake is no mistake is not proven."""
    exercise = exercises.exercise("stable-softmax")
    harmless = exercises.Mistake("harmless", "Nothing is wrong.", "test_values")
    changed = dataclasses.replace(exercise, mistakes=(*exercise.mistakes, harmless))
    finding: Finding = bench.wait(Proof(bench.judge).fails(changed, "harmless"))
    assert not finding.ok


def test_missing_files_are_named(tmp_path: Path) -> None:
    exercise = exercises.exercise("stable-softmax")
    changed = dataclasses.replace(exercise, folder=tmp_path)
    (tmp_path / "notes.txt").write_text("stray")
    assert "answer.py is missing" in files(changed)
    assert "notes.txt does not belong here" in files(changed)


def test_every_score_is_there_and_good() -> None:
    table = score.table()
    for exercise in exercises.exercises().values():
        row = table.get(exercise.id)
        assert row is not None, f"{exercise.name} has no score: gradatim prove {exercise.name} --full"
        assert score.valid(row, exercise), f"{exercise.name} changed: gradatim prove {exercise.name} --full"
        assert row.good, f"{exercise.name}: {row}"


def test_where_only_mistakes_have_changed_the_variants_are_not_judged_again(bench: Bench) -> None:
    exercise = exercises.exercise("row-normalise")
    before = dataclasses.replace(score.table()[exercise.id], bank="another", variants=7, killed=7)
    assert not score.valid(before, exercise)
    after: score.Score = bench.wait(score.score(Proof(bench.judge), exercise, before), 200)
    assert score.valid(after, exercise) and after.good and (after.variants, after.killed) == (7, 7)


def _drawn() -> list[tuple[str, Variant]]:
    """Variants drawn by the commit's hash: others with every commit, the same ones when a run is repeated."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False)
    every = [
        (exercise.id, variant)
        for exercise in exercises.exercises().values()
        if exercise.kind != "predict" and not exercise.locked
        for variant in variants(exercise.text("answer.py"))
    ]
    return random.Random(commit.stdout.strip()).sample(every, min(DRAWN, len(every)))


def test_the_table_agrees_with_fresh_runs(bench: Bench) -> None:
    table = score.table()
    proof = Proof(bench.judge)
    for name, variant in _drawn():
        seeds = [new_seed() for _ in range(score.KILL_SEEDS)]
        killed = bench.wait(score.killed(proof, exercises.exercise(name), variant, seeds))
        survivor = variant.name in (*table[name].equivalent, *table[name].survived)
        assert killed != survivor, f"{name}, {variant.name}: the table says {'survives' if survivor else 'killed'}"
