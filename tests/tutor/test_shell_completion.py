"""Shells complete commands, options and the course's own names: asked of bash itself, and of the protocol of others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GRADATIM = Path(sys.executable).with_name("gradatim")
ASK = """
{script}
COMP_WORDS=({words}); COMP_CWORD={at}; COMP_LINE="${{COMP_WORDS[*]}}"; COMP_POINT=${{#COMP_LINE}}
_gradatim_completion gradatim
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and the command on the path."""
    if not GRADATIM.exists():
        pytest.skip("gradatim is not installed as a command here")
    for name in ("HOME", "GRADATIM_HOME", "GRADATIM_DATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PATH", f"{GRADATIM.parent}:{os.environ['PATH']}")
    # Else typer takes the shell that it was started from, whatever that is in a test, and no name is asked for.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    return tmp_path


def said(*words: str, **more: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **more}, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout


def completed(*words: str) -> list[str]:
    """What bash offers for the last of these words, as it asks it at a press of Tab."""
    script = said("gradatim", "--show-completion", "bash")
    quoted = " ".join(f"'{word}'" for word in ("gradatim", *words))
    return said("bash", "-c", ASK.format(script=script, words=quoted, at=len(words))).split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash")
@pytest.mark.parametrize(
    ("words", "offered", "others"),
    [
        (("pro",), {"progress", "prove"}, {"list"}),
        (("progress", ""), {"export", "import", "ladder"}, {"list"}),
        (("check", "--s"), {"--seed", "--shapes"}, {"--watch"}),
        (("check", "stable"), {"stable-softmax"}, {"masked-mean"}),
        (("check", "stable-softmax", "masked-m"), {"masked-mean"}, {"stable-softmax"}),
        (("zoo", "stable_s"), {"stable_softmax"}, {"masked_mean"}),
        (("hint", "L03/s"), {"L03/stable-softmax"}, {"L03/masked-mean"}),
        (("hint", "l03/s"), {"l03/stable-softmax"}, set()),
        (("read", "L0"), {"L01", "L09"}, {"L10"}),
        (("read", "broad"), {"broadcasting"}, {"L03"}),
        (("quiz", "L03", "--item", "al"), {"align-right"}, set()),
        (("data", "get", "fine"), {"fineweb-edu"}, set()),
        (("capstone", "re"), {"resume"}, {"write"}),
        (("check", "nothing-of-the-kind"), set(), {"stable-softmax"}),
    ],
    ids=lambda words: " ".join(sorted(words)),  # of a set too, by every worker
)
def test_bash_completes(shell: Path, words: tuple[str, ...], offered: set[str], others: set[str]) -> None:
    found = set(completed(*words))
    assert offered <= found and not others & found, found
    assert bool(found) == bool(offered)


@pytest.mark.parametrize(
    ("kind", "asked", "mark"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "gradatim hint stable"}, "_arguments"),
        ("fish", {"_TYPER_COMPLETE_ARGS": "gradatim hint stable", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}, ""),
    ],
)
def test_other_shells_get_the_titles_too(shell: Path, kind: str, asked: dict[str, str], mark: str) -> None:
    assert f"complete_{kind}" in said("gradatim", "--show-completion", kind)
    answer = said("gradatim", _GRADATIM_COMPLETE=f"complete_{kind}", **asked)
    assert "stable-softmax" in answer and "A softmax that never overflows" in answer and mark in answer


def test_it_installs_itself_where_bash_looks(shell: Path) -> None:
    assert "bash completion installed" in said("gradatim", "--install-completion", "bash")
    assert "gradatim" in (shell / ".bashrc").read_text()
    assert (shell / ".bash_completions" / "gradatim.sh").exists()
    assert not (shell / "progress.sqlite3").exists(), "nothing of the course was touched"
