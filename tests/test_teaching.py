"""What TEACHING.md promises, with its own commands and the real grader: a class in which one file is hostile."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from exercises import exercise

ROOT = Path(__file__).parents[1]
RIGHT = exercise("stable-softmax").text("other.py")
WRONG = """
import torch

def softmax(x, dim):
    return x.exp() / x.exp().sum(dim, keepdim=True)

def log_softmax(x, dim):
    return x - x.exp().sum(dim, keepdim=True).log()
"""
HOSTILE = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nwhile True:\n    os.write(1, b'x' * 65536)\n"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the isolation is the kernel's")


def commands(heading: str) -> str:
    """The shell commands under a heading, and those that a workflow there gives as ``command:``."""
    section = (ROOT / "TEACHING.md").read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    shell = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return "\n".join([*shell, *re.findall(r"command: (.*)", section)])


@pytest.fixture
def shell(tmp_path: Path):
    """Runs documented commands in a folder of their own, with this interpreter's gradatim."""
    program = tmp_path / "bin" / "gradatim"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tutor "$@"\n')
    program.chmod(0o755)
    places = {"GRADATIM_HOME": str(tmp_path / "home"), "GRADATIM_DATA": str(tmp_path / "data")}

    def run(text: str) -> subprocess.CompletedProcess[str]:
        text = re.sub(r"\S*/?gradatim/\.venv/bin/gradatim|^gradatim", str(program), text, flags=re.MULTILINE)
        environment = {**os.environ, **places, "GRADATIM_GRADER": "stdio"}
        return subprocess.run(
            ["sh", "-c", text], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300, check=False
        )

    return run


def test_a_class_with_a_hostile_file(shell, tmp_path: Path) -> None:
    for student, text in {"ada": RIGHT, "bob": WRONG, "eve": HOSTILE, "fay": RIGHT}.items():
        (tmp_path / "submissions" / student).mkdir(parents=True)
        (tmp_path / "submissions" / student / "stable_softmax.py").write_text(text)
    done = shell(commands("A folder of submissions"))
    assert done.returncode == 1, done.stderr
    results = tmp_path / "results"
    rows = {r["student"]: r for r in json.loads((results / "results.json").read_text())["results"]}
    assert {s: r["status"] == "passed" for s, r in rows.items()} == {
        "ada": True,
        "bob": False,
        "eve": False,
        "fay": True,
    }
    assert [m["name"] for m in rows["bob"]["mistakes"]] == ["no-shift"]
    suites = {s.get("name"): s.get("failures") for s in ElementTree.parse(results / "junit.xml").getroot()}
    assert suites == {"ada": "0", "bob": "1", "eve": "1", "fay": "0"}
    told = json.loads((results / "gradescope" / "bob.json").read_text())["tests"][0]
    assert told["score"] == 0 and "no-shift" in told["output"]


@pytest.mark.parametrize(("text", "code"), [(RIGHT, 0), (WRONG, 1)])
def test_the_classroom_command(shell, tmp_path: Path, text: str, code: int) -> None:
    (tmp_path / "stable_softmax.py").write_text(text)
    command = commands("GitHub Classroom")
    assert command.count("\n") == 0
    assert shell(command).returncode == code


def test_the_gradescope_commands(shell, tmp_path: Path) -> None:
    for name in ("submission", "results"):
        (tmp_path / "autograder" / name).mkdir(parents=True)
    (tmp_path / "autograder" / "submission" / "stable_softmax.py").write_text(RIGHT)
    text = re.sub(r"(?<= )/(?=autograder|tmp/)", f"{tmp_path}/", commands("Gradescope")).replace("sh\n", "")
    done = shell(text)
    score = json.loads((tmp_path / "autograder" / "results" / "results.json").read_text())
    assert [t["score"] for t in score["tests"]] == [1.0], done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_what_it_installs_with_opens_no_screens() -> None:
    targets = re.findall(r"make (?:-C \w+ )?(\w+)", (ROOT / "TEACHING.md").read_text(encoding="utf-8"))
    assert targets
    for target in targets:
        would = subprocess.run(["make", "-n", target], capture_output=True, text=True, cwd=ROOT, check=True).stdout
        assert not re.search(r"bin/gradatim$", would, re.MULTILINE), target
