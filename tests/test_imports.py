"""Who may load what: the written imports by import-linter, and what a fresh interpreter really loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "numpy", "transformers", "tokenizers", "tiktoken", "safetensors"}
OURS = {"tutor", "lessons", "exercises", "graders", "gpt2"}


def loaded(code: str, tmp_path: Path, *words: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after running the code."""
    out = tmp_path / "modules.json"
    tail = f"\nimport json, sys\njson.dump(sorted(sys.modules), open({str(out)!r}, 'w'))\n"
    environment = dict(
        os.environ,
        GRADATIM_HOME=str(tmp_path / "home"),
        GRADATIM_DATA=str(tmp_path / "data"),
        PYTHONPATH=str(ROOT),
    )
    done = subprocess.run(
        [sys.executable, "-c", code + tail, *words],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(out.read_text())}


def test_the_written_imports_keep_to_their_contracts() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    command = [str(lint)] if lint.exists() else ["lint-imports"]
    done = subprocess.run([*command, "--no-cache"], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "lessons",
        "exercises",
        "graders.report",
        "gpt2.config",
        "gpt2.log",
        "gpt2.health",
        "gpt2.fetch",
        "gpt2.catalog",
        "gpt2.launch",
        "gpt2.slots",
    ],
)
def test_what_the_desk_takes_from_below_needs_the_standard_library_alone(module: str, tmp_path: Path) -> None:
    bare = loaded("", tmp_path)
    found = loaded(f"import {module}", tmp_path) - bare - OURS
    assert found <= set(sys.stdlib_module_names), sorted(found - set(sys.stdlib_module_names))


def test_reading_the_whole_course_needs_the_standard_library_alone(tmp_path: Path) -> None:
    bare = loaded("", tmp_path)
    code = "import lessons, exercises\nlessons.lessons()\nexercises.exercises()"
    assert loaded(code, tmp_path) - bare - OURS <= set(sys.stdlib_module_names)


ENDED = """
import sys
from tutor import cli
try:
    cli.main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("--help",),
        ("list",),
        ("list", "--json"),
        ("next",),
        ("read", "L03", "--page", "1"),
        ("start", "stable-softmax"),
        ("hint", "stable-softmax"),
        ("history", "stable-softmax"),
        ("progress", "--json"),
    ],
)
def test_a_command_loads_neither_torch_nor_the_screens(words: tuple[str, ...], tmp_path: Path) -> None:
    found = loaded(ENDED, tmp_path, *words)
    assert not found & (HEAVY | {"textual", "tree_sitter"}), found & (HEAVY | {"textual", "tree_sitter"})


def test_the_app_and_its_first_screen_load_no_torch(tmp_path: Path) -> None:
    found = loaded("import tutor.app\nfrom tutor.screens import home", tmp_path)
    assert "textual" in found and not found & HEAVY, found & HEAVY


def test_no_module_of_the_desk_loads_torch(tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil, tutor\n"
        "for module in pkgutil.walk_packages(tutor.__path__, 'tutor.'):\n"
        "    importlib.import_module(module.name)\n"
    )
    found = loaded(code, tmp_path)
    assert not found & HEAVY, found & HEAVY


def test_this_test_would_notice(tmp_path: Path) -> None:
    assert "numpy" in loaded("import numpy", tmp_path)
