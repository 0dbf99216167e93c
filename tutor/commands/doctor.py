"""`gradatim doctor`: what is here, what is missing, and how to get it."""

from __future__ import annotations

import importlib.metadata
import json as json_module
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tutor import paths
from tutor.commands.context import NOT_PASSED, PASSED, put_json, say, short

DEVICES = """
import json, torch
print(json.dumps({
    "version": torch.__version__, "threads": torch.get_num_threads(),
    "cuda": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    "mps": torch.backends.mps.is_available(),
}))
"""
GPT2_BPE = (
    # The names under which tiktoken keeps GPT-2's vocabulary: SHA-1 of the addresses it comes from.
    "6d1cbeee0f20b3d9449abfede4726ed8212e3aee",
    "6c7ea1a7e38e3a7f062df639a5b80947f075ffe6",
)
ROOM_MB = 500


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``ok`` None means: optional and not here."""

    name: str
    ok: bool | None
    says: str
    remedy: str = ""


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, and nothing else.")] = False,
) -> None:
    """Look at this machine. Exit code 0: all that is needed is here, 1: something is missing."""
    looks: tuple[Callable[[], Finding], ...] = (
        _python,
        _packages,
        _torch,
        _terminal,
        _sandbox,
        _disk,
        _vocabulary,
        _workspace,
        _progress,
    )
    findings = []
    for look in looks:
        if not json and look is _torch:
            say("Loading torch in a process of its own, to ask for devices…")
        findings.append(look())
    good = all(finding.ok is not False for finding in findings)
    if json:
        put_json({"ok": good, "findings": [asdict(f) for f in findings]})
    else:
        for finding in findings:
            sign = {True: "✓", False: "✗", None: "·"}[finding.ok]
            print(f"{sign} {finding.name:<11} {finding.says}")
            if finding.remedy and not finding.ok:
                print(f"{'':13} → {finding.remedy}")
        print("\nAll that is needed is here." if good else "\nSomething that is needed is missing: see ✗ above.")
    raise typer.Exit(PASSED if good else NOT_PASSED)


def _python() -> Finding:
    version = platform.python_version()
    good = sys.version_info[:2] >= (3, 11)
    where = f"{version} on {platform.system()} {platform.machine()} ({sys.executable})"
    return Finding("Python", good, where, "Gradatim needs Python 3.11 or newer.")


def _packages() -> Finding:
    """Every package that we ask for, found through its metadata, not imported."""
    import re

    missing = []
    try:
        wanted = importlib.metadata.requires("gradatim") or []
        version = importlib.metadata.version("gradatim")
    except importlib.metadata.PackageNotFoundError:
        return Finding("packages", None, "Gradatim runs from a checkout that is not installed.", "pip install -e .")
    for requirement in wanted:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", False, f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    return Finding("packages", True, f"Gradatim {version}, and everything that it asks for")


def _torch() -> Finding:
    try:
        version = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return Finding("torch", False, "not installed", "pip install torch")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", DEVICES],
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        facts = json_module.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError):
        return Finding("torch", False, f"{version}, but it does not load", f"{sys.executable} -c 'import torch'")
    devices = [*facts["cuda"], *(["Apple GPU (mps)"] if facts["mps"] else [])] or ["CPU"]
    return Finding("torch", True, f"{facts['version']} on {', '.join(devices)}; {facts['threads']} threads")


def _terminal() -> Finding:
    size = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    color = "no color (NO_COLOR)" if os.environ.get("NO_COLOR") else os.environ.get("COLORTERM") or "256 colors"
    words = f"{os.environ.get('TERM', 'unknown')}, {size.columns}×{size.lines}, {encoding or 'unknown'}, {color}"
    if not sys.stdout.isatty():
        return Finding("terminal", None, f"the output goes elsewhere; {words}")
    good = encoding == "utf8" and size.columns >= 60
    return Finding("terminal", good, words, "Use a UTF-8 terminal of 80 columns: export LANG=C.UTF-8")


def _sandbox() -> Finding:
    from tutor.jobs import ask

    try:
        done = ask("graders.sandbox", "--json")
        facts: dict[str, Any] = json_module.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return Finding("sandbox", False, "the grader's sandbox does not answer", "gradatim doctor --debug")
    strong = bool(facts.get("landlock")) and bool(facts.get("seccomp"))
    kinds = f"Landlock {facts.get('landlock') or 'no'}, seccomp {'yes' if facts.get('seccomp') else 'no'}. "
    return Finding("sandbox", strong or None, kinds + str(facts.get("says", "")))


def _disk() -> Finding:
    place = paths.data_dir()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free // 2**20
    return Finding("disk", free >= ROOM_MB, f"{free:,} MB free at {short(place)}", f"Make {ROOM_MB} MB of room.")


def _vocabulary() -> Finding:
    """GPT-2's vocabulary in tiktoken's cache: looked at, never fetched."""
    import tempfile

    named = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    folder = Path(named or Path(tempfile.gettempdir()) / "data-gym-cache")
    if all((folder / name).exists() for name in GPT2_BPE):
        return Finding("vocabulary", True, f"GPT-2's own BPE is in {short(folder)}")
    return Finding(
        "vocabulary",
        None,
        "GPT-2's own BPE is not here; runs train a tokenizer on their corpus instead",
        "With a network: python -c 'import tiktoken; tiktoken.get_encoding(\"gpt2\")' fetches it (1.5 MB).",
    )


def _writable(place: Path) -> bool:
    while not place.exists():
        place = place.parent
    return os.access(place, os.W_OK)


def _workspace() -> Finding:
    home = paths.home()
    return Finding(
        "your files",
        _writable(home),
        f"{short(home)}{'' if home.exists() else ' (made with your first exercise)'}",
        "Set GRADATIM_HOME to a folder that you may write.",
    )


def _progress() -> Finding:
    from tutor.progress import Progress, ProgressError

    path = paths.database()
    remedy = "Set GRADATIM_DATA to a folder that you may write."
    if not path.exists():
        return Finding("progress", _writable(path.parent), f"{short(path)} (made with your first check)", remedy)
    try:
        with Progress(path) as progress:
            return Finding("progress", True, f"{short(path)} {progress.notice}".strip())
    except ProgressError as error:
        return Finding("progress", False, str(error), remedy)
