"""What the learner has done: every attempt, hint, quiz answer and earlier text, kept for good."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from graders.report import Report
from tutor import database, trouble
from tutor.database import ProgressError
from tutor.placement import Step
from tutor.store import Store
from tutor.workspace import write_atomic

__all__ = ["Answer", "Attempt", "Progress", "ProgressError", "Snapshot", "Standing"]

Standing = Literal["new", "tried", "assisted", "passed"]
EXPORT_FORMAT = 1
APART = timedelta(hours=12)
"""Passing again sooner than this says nothing about memory."""


@dataclass(frozen=True)
class Attempt:
    """One submission and its verdict."""

    id: int
    when: datetime
    exercise: str
    status: str
    source: str
    report: Report
    hash: str
    origin: str

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass(frozen=True)
class Snapshot:
    """A text that was about to be replaced."""

    id: int
    when: datetime
    exercise: str
    source: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """One answer to a quiz question."""

    when: datetime
    lesson: str
    item: str
    seed: int
    choice: int
    correct: bool


class Progress(Store):
    """The progress file, read and written in the terms of the course."""

    # -- what happened ------------------------------------------------------------------------------

    def attempt(
        self, exercise_id: str, source: str, report: Report, content_hash: str = "", origin: str = "desk"
    ) -> None:
        """Keep a submission with its verdict."""
        text = json.dumps(report.to_json(), ensure_ascii=False)
        self._add("attempts", exercise_id, report.status, source, text, content_hash, origin)

    def hint_shown(self, exercise_id: str, level: int) -> None:
        """Note that hint ``level`` (1 to 3) was read."""
        self._add("shown", exercise_id, "hint", level)

    def solution_shown(self, exercise_id: str) -> None:
        """Note that the solution was read: a later pass counts as assisted."""
        self._add("shown", exercise_id, "solution", 0)

    def zoo_solved(self, exercise_id: str) -> None:
        """Note a round over the known mistakes in which every one was stopped by the check that was named."""
        self._add("shown", exercise_id, "zoo", 0)

    def answered(self, lesson: str, item: str, seed: int, choice: int, correct: bool) -> None:
        """Note an answer to a quiz question."""
        self._add("answers", lesson, item, seed, choice, int(correct))

    def placed(self, test: str, node: str, kind: str, item: str, right: bool) -> None:
        """Note a step of a placement test."""
        self._add("placements", test, node, kind, item, int(right))

    def snapshot(self, exercise_id: str, source: str, reason: str) -> None:
        """Keep a text that is about to be replaced.

        Raises ProgressError where it can only be remembered: then what it was taken from should stay as it is.
        """
        self._add("snapshots", exercise_id, source, reason)
        if self._refusal:
            raise ProgressError(f"This text cannot be put into the history at {self.path}: {self._refusal}.")

    # -- what is known ------------------------------------------------------------------------------

    def attempts(self, exercise_id: str) -> list[Attempt]:
        """All attempts, oldest first."""
        rows = self._all(
            "SELECT id, at, exercise, status, source, report, hash, origin FROM attempts"
            " WHERE exercise = ? ORDER BY at, id",
            exercise_id,
        )
        return [
            Attempt(id_, _when(at), ex, status, source, Report.from_json(json.loads(report)), hash_, origin)
            for id_, at, ex, status, source, report, hash_, origin in rows
        ]

    def snapshots(self, exercise_id: str) -> list[Snapshot]:
        """All texts kept before they were replaced, oldest first."""
        rows = self._all(
            "SELECT id, at, exercise, source, reason FROM snapshots WHERE exercise = ? ORDER BY at, id",
            exercise_id,
        )
        return [Snapshot(id_, _when(at), ex, source, reason) for id_, at, ex, source, reason in rows]

    def answers(self, lesson: str | None = None, item: str | None = None) -> list[Answer]:
        """Answers to a lesson's quiz, or to all, oldest first."""
        rows = self._all(
            "SELECT at, lesson, item, seed, choice, correct FROM answers"
            " WHERE (lesson = ? OR ? IS NULL) AND (item = ? OR ? IS NULL) ORDER BY at, id",
            *(lesson, lesson, item, item),
        )
        return [Answer(_when(at), les, it, seed, choice, bool(ok)) for at, les, it, seed, choice, ok in rows]

    def placements(self) -> list[Step]:
        """Every step of every placement test, oldest first."""
        rows = self._all("SELECT test, at, node, kind, item, correct FROM placements ORDER BY at, id")
        return [Step(test, _when(at), node, kind, item, bool(ok)) for test, at, node, kind, item, ok in rows]

    def passes(self) -> list[tuple[str, datetime]]:
        """Every pass as (exercise, when), oldest first."""
        rows = self._all("SELECT exercise, at FROM attempts WHERE status = 'passed' ORDER BY at, id")
        return [(exercise, _when(at)) for exercise, at in rows]

    def hints(self, exercise_id: str) -> int:
        """The highest hint read so far, 0 to 3."""
        rows = self._all("SELECT MAX(level) FROM shown WHERE exercise = ? AND what = 'hint'", exercise_id)
        return int(rows[0][0] or 0)

    def solution_seen(self, exercise_id: str) -> bool:
        return bool(self._all("SELECT 1 FROM shown WHERE exercise = ? AND what = 'solution' LIMIT 1", exercise_id))

    def tried(self) -> set[str]:
        """The exercises of which there is any attempt: all others are ``new``."""
        return {exercise for (exercise,) in self._all("SELECT DISTINCT exercise FROM attempts")}

    def status(self, exercise_id: str) -> Standing:
        """The best that was reached: passing content that has changed since still counts, see `stale`.

        ``assisted`` means that the first pass came after the solution had been read. Verdicts
        that were our own failure count for nothing.
        """
        tried, passed = self._all(
            "SELECT COUNT(*), MIN(CASE WHEN status = 'passed' THEN at END) FROM attempts"
            " WHERE exercise = ? AND status != 'broken'",
            exercise_id,
        )[0]
        if passed is None:
            return "tried" if tried else "new"
        shown = self._all("SELECT MIN(at) FROM shown WHERE exercise = ? AND what = 'solution'", exercise_id)
        seen = shown[0][0]
        return "assisted" if seen is not None and seen <= passed else "passed"

    def mastered(self, exercise_id: str) -> bool:
        """Whether it was passed unaided, and later built again unaided, or all its known mistakes were told apart."""
        if self.status(exercise_id) != "passed":
            return False
        if self._all("SELECT 1 FROM shown WHERE exercise = ? AND what = 'zoo' LIMIT 1", exercise_id):
            return True
        passed = "SELECT at FROM attempts WHERE exercise = ? AND status = 'passed' ORDER BY at"
        seen = "SELECT at FROM shown WHERE exercise = ? AND what = 'solution'"
        (first,), *later = self._all(passed, exercise_id)
        looks, apart = self._all(seen, exercise_id), APART.total_seconds()
        return any(at - first >= apart and not any(at - apart < look <= at for (look,) in looks) for (at,) in later)

    def stale(self, exercise_id: str, current_hash: str) -> bool:
        """Whether the exercise was passed, but what it asks has changed since."""
        hashes = self._all("SELECT DISTINCT hash FROM attempts WHERE exercise = ? AND status = 'passed'", exercise_id)
        return bool(hashes) and (current_hash,) not in hashes

    # -- carrying it elsewhere ----------------------------------------------------------------------

    def export(self, path: Path) -> int:
        """Write everything to one JSON file; returns how many rows it holds."""
        with self._lock:
            tables = {name: database.rows(self._connection, name) for name in database.TABLES}
        document = {"version": EXPORT_FORMAT, "what": "gradatim progress", "tables": tables}
        write_atomic(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return sum(map(len, tables.values()))

    def import_(self, path: Path) -> int:
        """Add what an exported file holds and this one lacks; returns how many rows were new.

        Raises ProgressError when the file is not an export; then nothing has changed.
        """
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["what"] != "gradatim progress":
                raise KeyError("what")
            version, tables = document["version"], document["tables"]
        except OSError as error:
            raise ProgressError(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            raise ProgressError(f"{path} is not a file that `gradatim progress export` wrote.") from None
        if version > EXPORT_FORMAT:
            raise ProgressError(f"{path} was written by a newer Gradatim; update this one first.")
        try:
            rows = [
                (name, tuple(row[column] for column in columns))
                for name, columns in database.TABLES.items()
                for row in tables.get(name, ())
            ]
        except (KeyError, TypeError, AttributeError):
            raise ProgressError(f"{path} is incomplete: a row lacks one of its columns.") from None

        if self._refusal:
            raise ProgressError(f"Nothing was added: progress cannot be written at {self.path}: {self._refusal}.")

        def merge() -> int:
            return sum(database.insert(self._connection, name, row) for name, row in rows)

        try:
            return self._do(merge)
        except sqlite3.Error as error:
            if trouble.refused(error):
                raise ProgressError(f"Nothing was added from {path}: {trouble.why(error)}.") from None
            raise ProgressError(f"{path} does not fit: {error}.") from None


def _when(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
