"""What is asked of the C library is done by it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import torch
from gpt2 import device

torch.set_num_threads(1)
kept = device.keep_memory() if sys.argv[1] == "keep" else None
torch.ones(3 << 24)  # 192 MiB, in which the next ones find room
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.ones(1 << 25)
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked")
def test_kept_memory_is_not_cleared_anew() -> None:
    def run(how: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, timeout=120, check=True
        )
        return done.stdout.split()

    asked, few = run("keep")
    _, many = run("leave")
    assert asked == "True" and int(few) < 100 < 10_000 < int(many)
