"""A class's verdicts as files: JSON and CSV, JUnit for CI, and for each student what Gradescope reads."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from graders.report import Report

OURS = "broken"
"""The status of a check that failed by our own fault; it is no verdict on the student's work."""


class Graded(NamedTuple):
    """One file of one student, and its verdict."""

    student: str
    title: str
    path: Path
    report: Report


def write(folder: Path, graded: Sequence[Graded]) -> list[Path]:
    """Write every format into the folder; returns the paths. Raises OSError."""
    (folder / "gradescope").mkdir(parents=True, exist_ok=True)
    texts = {"results.json": as_json(graded), "results.csv": as_csv(graded), "junit.xml": as_junit(graded)}
    for student in dict.fromkeys(g.student for g in graded):
        texts[f"gradescope/{student}.json"] = as_gradescope([g for g in graded if g.student == student])
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return [folder / name for name in texts]


def as_rows(graded: Sequence[Graded]) -> list[dict[str, Any]]:
    """One record a file: who, which file, and the whole report."""
    return [{"student": g.student, "file": str(g.path), **g.report.to_json()} for g in graded]


def as_json(graded: Sequence[Graded]) -> str:
    return json.dumps({"version": 1, "results": as_rows(graded)}, ensure_ascii=False, indent=2) + "\n"


def as_csv(graded: Sequence[Graded]) -> str:
    """One line a file: who, what, the verdict, the first rung that did not hold, the named mistakes."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["student", "exercise", "status", "first_failure", "mistakes", "seed", "seconds", "file"])
    for g in graded:
        failure, names = g.report.first_failure, " ".join(m.name for m in g.report.mistakes)
        first = failure.title if failure else g.report.message
        seconds = f"{g.report.seconds:.3f}"
        writer.writerow([g.student, g.report.exercise, g.report.status, first, names, g.report.seed, seconds, g.path])
    return text.getvalue()


def as_junit(graded: Sequence[Graded]) -> str:
    """A test suite a student, a test case an exercise; a failed grader is an error, not a failure."""
    root = ElementTree.Element("testsuites", name="gradatim")
    for student in dict.fromkeys(g.student for g in graded):
        mine = [g for g in graded if g.student == student]
        counted = {
            "name": _legal(student),
            "tests": str(len(mine)),
            "failures": str(sum(not g.report.passed and g.report.status != OURS for g in mine)),
            "errors": str(sum(g.report.status == OURS for g in mine)),
            "time": f"{sum(g.report.seconds for g in mine):.3f}",
        }
        suite = ElementTree.SubElement(root, "testsuite", counted)
        for g in mine:
            names = {"classname": _legal(student), "name": g.report.exercise, "file": _legal(str(g.path))}
            case = ElementTree.SubElement(suite, "testcase", names, time=f"{g.report.seconds:.3f}")
            if not g.report.passed:
                kind = "error" if g.report.status == OURS else "failure"
                found = ElementTree.SubElement(case, kind, type=g.report.status, message=_legal(_headline(g.report)))
                found.text = _legal(told(g.report))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def as_gradescope(mine: Sequence[Graded]) -> str:
    """What Gradescope calls results.json, for one student: a point an exercise.

    https://gradescope-autograders.readthedocs.io/en/latest/specs/
    """
    tests = [
        {
            "name": g.title,
            "number": g.report.exercise,
            "score": float(g.report.passed),
            "max_score": 1.0,
            "status": "passed" if g.report.passed else "failed",
            "output": told(g.report),
            "output_format": "text",
        }
        for g in mine
    ]
    seconds = round(sum(g.report.seconds for g in mine), 3)
    whole: dict[str, Any] = {"execution_time": seconds, "stdout_visibility": "hidden", "tests": tests}
    if any(g.report.status == OURS for g in mine):
        whole["output"] = "The grader itself failed on part of this; that is not the student's fault. Grade it again."
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def told(report: Report) -> str:
    """A report as the student reads it, in plain text: the ladder, the sentence, the mistake's name."""
    signs = {"passed": "[ok]  ", "waiting": "[ .. ]"}
    lines = [f"{signs.get(c.outcome, '[FAIL]')} {c.title}" for c in report.checks]
    lines += [c.message for c in report.checks if c.outcome not in signs and c.message]
    lines += [report.message] if report.message else []
    lines += [f"This looks like: {m.name}. {m.says}" for m in report.mistakes]
    lines += [f"Seed {report.seed}: `gradatim check {report.exercise} --seed {report.seed}` draws the same inputs."]
    return "\n".join(lines)


def _headline(report: Report) -> str:
    failure = report.first_failure
    return failure.title if failure else report.message


def _legal(text: str) -> str:
    """XML has no word for most control characters."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", text)
