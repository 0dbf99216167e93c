"""No hostile submission passes; each gets an honest sentence; the next honest one is judged as before."""

from __future__ import annotations

import re
import sys
import time

import pytest

from tests.graders.conftest import Bench
from tests.graders.hostile import GOOD, HOSTILE, Hostile

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's locks are Linux's")


@linux
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda h: h.name)
def test_hostile(bench: Bench, hostile: Hostile) -> None:
    report = bench.check("stable-softmax", hostile.source)
    failure = report.first_failure
    text = f"{failure.message if failure else ''} {report.message}".strip()
    assert report.status in hostile.status, text
    assert len(text) > 10, "a verdict without a sentence"
    assert re.search(hostile.says, text), text
    assert not report.mistakes or hostile.status == ("failed",)


def test_the_table_is_long_enough() -> None:
    assert len(HOSTILE) >= 60
    assert len({h.name for h in HOSTILE}) == len(HOSTILE)


def test_honest_after_hostile(bench: Bench) -> None:
    """After the worst of them, an honest submission passes as fast as before."""
    bench.check("stable-softmax", GOOD)
    before = min(_seconds(bench) for _ in range(3))
    for hostile in (h for h in HOSTILE if h.name in ("a fork bomb", "while True", "closes every descriptor", "64 GB")):
        bench.check("stable-softmax", hostile.source)
    after = min(_seconds(bench) for _ in range(3))
    assert after < 5 * before + 1.0  # a wide margin: this is about being stuck, not about speed


def _seconds(bench: Bench) -> float:
    started = time.monotonic()
    assert bench.check("stable-softmax", GOOD).passed
    return time.monotonic() - started
