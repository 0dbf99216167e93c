"""Runs a check file with plain pytest: ``pytest graders/checks/TOPIC/test_NAME.py --submission my.py``.

This mode compares inside one process, without limits: good for authors and for debugging, and easily forged. A
verdict that counts comes from ``gradatim check``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import exercises
from graders import explain
from graders.encode import encode
from graders.judge import new_seed, written_seed
from graders.kit import Draw, Observe
from graders.observe import judge
from graders.submission import draw_questions, load
from graders.values import Seen


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--submission", metavar="FILE", help="the file to check; the reference itself when left out")
    parser.addoption("--seed", type=int, default=None, help="the seed that inputs are drawn from")


def pytest_report_header(config: pytest.Config) -> str:
    return "gradatim: compared inside this process, without limits; `gradatim check` gives the verdict that counts"


@pytest.fixture
def submission() -> Any:
    """Filled in by pytest_pyfunc_call: first with the reference, then with the submission."""


@pytest.fixture
def draw() -> Any:
    """Filled in by pytest_pyfunc_call."""


@pytest.fixture
def observe() -> Any:
    """Filled in by pytest_pyfunc_call."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Run the check on the reference and on the submission, and compare what they observe."""
    exercise = exercises.exercise(pyfuncitem.path.stem.removeprefix("test_"))
    path = pyfuncitem.config.getoption("--submission")
    source = Path(path).read_text(encoding="utf-8") if path else exercise.text("answer.py")
    seed = written_seed(source) if exercise.kind == "predict" else pyfuncitem.config.getoption("--seed")
    seed = new_seed() if seed is None else seed

    def run(text: str, file: str) -> list[Seen]:
        seen: list[Seen] = []
        given = {"QUESTIONS": draw_questions(exercise.text("questions.py"), seed)} if exercise.kind == "predict" else {}
        random.seed(seed)
        torch.manual_seed(seed)
        values = {
            "submission": load(text, file, given),
            "draw": Draw(seed, pyfuncitem.name),
            "observe": Observe(_into(seen), file, seed, pyfuncitem.name),
        }
        pyfuncitem.obj(**{name: values[name] for name in pyfuncitem._fixtureinfo.argnames})
        return seen

    expected = run(exercise.text("answer.py"), "answer.py")
    for theirs, mine in zip(expected, run(source, path or "answer.py"), strict=False):
        found = judge(mine, [theirs])
        if found:
            pytest.fail(f"{explain.explain(theirs.name, found, theirs.rule)[0]} (seed {seed})", pytrace=False)
    return True


def _into(seen: list[Seen]) -> Callable[[str, Any, Any], None]:
    def send(name: str, value: Any, rule: Any) -> None:
        payload = bytearray()
        if isinstance(value, BaseException):
            node = {"k": "raised", "type": type(value).__name__, "message": str(value)}
        else:
            node = encode(value, payload)
        seen.append(Seen(name, node, bytes(payload), rule))

    return send
