"""Mistakes written in another way than ours, from their one-line description alone: how many are named, none wrongly.

The files lie in ``blind/EXERCISE/MISTAKE.N.py``. They were written without sight of our own versions and kept before
the bank was held against them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import exercises
from tests.graders.conftest import Bench

BLIND = Path(__file__).parent / "blind"
WANTED = 0.9


@pytest.mark.long
def test_mistakes_written_another_way_are_named(bench: Bench) -> None:
    named, unnamed, wrongly, passed = [], [], [], []
    for path in sorted(BLIND.glob("*/*.py")):
        mistake = path.name.split(".")[0]
        known = exercises.exercise(path.parent.name).mistakes
        if mistake not in {m.name for m in known}:
            continue  # the mistake has been taken out of the bank since
        report = bench.check(path.parent.name, path.read_text(encoding="utf-8"))
        says = [m.name for m in report.mistakes]
        label = f"{path.parent.name}/{path.name}"
        if report.passed:
            passed.append(label)
        elif not says:
            failure = report.first_failure
            unnamed.append(f"{label}: {failure.name if failure else ''}: {failure.message[:160] if failure else ''}")
        elif says == [mistake]:
            named.append(label)
        else:
            wrongly.append(f"{label}: {says}")
    total = len(named) + len(unnamed) + len(wrongly) + len(passed)
    print(f"{len(named)} of {total} named", *unnamed, sep="\n")
    assert not passed and not wrongly, f"passed: {passed}; wrongly named: {wrongly}"
    assert len(named) >= WANTED * total, "\n".join(unnamed)
