"""What to tell when something of ours seems wrong, an exercise or the desk itself: a text ready to paste."""

from __future__ import annotations

import hashlib
import platform
import sys
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.workspace import write_atomic

if TYPE_CHECKING:
    from graders.report import Report
    from tutor.course import Entry

PACKAGES = ("gradatim", "torch", "numpy", "textual", "pytest")
TOLD = ("observation", "expected", "got", "index", "largest_error", "rtol", "atol", "line", "raised")
"""Facts of a failed check that go in."""
WRITE = "(Write here what you expected, and why. Nothing below is secret; your code is not in it unless you add it.)"


def of_exercise(entry: Entry, source: str | None, report: Report | None, hints: int, code: bool = False) -> str:
    """A report of an exercise: what was asked, what the verdict was, and how to get it again.

    ``source`` is the learner's present text, which goes in only as a fingerprint, or whole where ``code`` says so.
    """
    exercise = entry.exercise
    facts = [
        ("exercise", f"{entry.name}, content {exercise.content_hash}"),
        ("status", f"{entry.status}, hints read: {hints}"),
        ("submission", fingerprint(source) if source is not None else "none"),
    ]
    if report is None:
        facts.append(("verdict", "it was never checked"))
    else:
        passed = sum(check.outcome == "passed" for check in report.checks)
        facts.append(("verdict", f"{report.status}, {passed} of {len(report.checks)} checks, seed {report.seed}"))
        if (failure := report.first_failure) is not None:
            facts += [("failing", f"{failure.name}: {failure.title}"), ("message", " ".join(failure.message.split()))]
            facts += [(key, _short(failure.details[key])) for key in TOLD if failure.details.get(key) is not None]
        elif report.message:
            facts.append(("message", " ".join(report.message.split())))
        if report.mistakes:
            facts.append(("named", ", ".join(mistake.name for mistake in report.mistakes)))
        facts.append(("again", f"gradatim check {entry.name} --seed {report.seed}"))
    text = _written(f"{entry.name}: {exercise.title}", facts)
    if code and source is not None:
        text += f"\n```python\n{source.rstrip()}\n```\n"
    return text


def of_error(trace: str, where: str) -> str:
    """A report of an error of ours: where it was, and the traceback."""
    last = trace.strip().splitlines()[-1] if trace.strip() else "no traceback"
    return _written(last[:100], [("where", where)]) + f"\n```text\n{trace.rstrip()}\n```\n"


def save(folder: Path, name: str, text: str) -> Path:
    """Write it into the folder under a name of its own. Raises OSError."""
    path = folder / f"{name}-{datetime.now():%Y%m%d-%H%M%S}.md"
    write_atomic(path, text)
    return path


def fingerprint(source: str) -> str:
    """The text as a hash and a number of lines: the same text again can be told, and nothing else."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    return f"sha256 {digest}, {len(source.splitlines())} lines"


def machine() -> list[tuple[str, str]]:
    """Versions of what matters, and the system."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"
    return [("system", system), ("packages", ", ".join(f"{name} {_version(name)}" for name in PACKAGES))]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _written(title: str, facts: list[tuple[str, str]]) -> str:
    rows = [*facts, *machine(), ("encoding", sys.getfilesystemencoding())]
    width = max(len(name) for name, _ in rows)
    table = "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
    return f"# {title}\n\n{WRITE}\n\n```text\n{table}\n```\n"


def _short(value: object) -> str:
    return " ".join(str(value).split())[:200]
