"""What is asked of the C library is done by it."""

from __future__ import annotations

import importlib.util
import pathlib
import platform
import shutil
import subprocess
import sys

import pytest
import torch

from gpt2 import config, device, plan

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


LARGE = """
import sys
import torch
from gpt2 import device

device.keep_memory(in_large_pages=sys.argv[1] == "large")
kept = torch.ones(1 << 26)  # 256 MiB
print([int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("AnonHugePages")][0])
"""
SWITCH = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")


ASKED = SWITCH.exists() and "[madvise]" in SWITCH.read_text()


@pytest.mark.skipif(not ASKED, reason="this kernel gives large pages always, or never")
def test_memory_comes_in_large_pages_where_asked() -> None:
    def run(how: str) -> int:
        words = [sys.executable, "-c", LARGE, how]
        return int(subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout)

    assert run("small") < 1 << 15 < run("large")  # in kB


@pytest.mark.parametrize(
    "capability, triton, compiler, steps, wanted, why",
    [
        ((9, 0), True, True, 19073, "true", "a minute"),
        ((6, 1), True, True, 19073, "false", "no Triton"),
        ((9, 0), False, True, 19073, "false", "no Triton"),
        ((9, 0), True, False, 19073, "false", "C compiler"),
        ((9, 0), True, True, 20, "false", "so few steps"),
    ],
)
def test_a_gpu_compiles_where_it_can_and_where_it_pays(
    capability: tuple[int, int], triton: bool, compiler: bool, steps: int, wanted: str, why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda place: capability)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: triton or None)
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/cc" if compiler else None)
    found, reason = device.choose_compile("auto", torch.device("cuda"), steps)
    assert found == wanted and why in reason
    assert device.choose_compile("true", torch.device("cuda"), 1)[0] == "true"
    assert device.choose_compile("auto", torch.device("cpu"), steps)[0] == "false"


def test_a_settled_run_knows_whether_it_compiles(tmp_path: pathlib.Path) -> None:
    options, shape, _ = plan.on_this_machine(config.parse(["preset=nano", "device=cpu"]))
    assert options.compile == "false"
    config.save(tmp_path / "config.json", options, shape)
    text = (tmp_path / "config.json").read_text("utf-8")
    (tmp_path / "config.json").write_text(text.replace('"compile": "false"', '"compile": true'), encoding="utf-8")
    assert config.load(tmp_path / "config.json")[0].compile == "true"  # as earlier runs wrote it
