"""What a grader says: the records that cross from the grading process to the desk (standard library only)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Outcome = Literal["passed", "failed", "error", "waiting", "forbidden", "timeout", "limit"]
Status = Literal["passed", "failed", "error", "timeout", "limit", "forbidden", "broken"]

FORMAT = 1
"""Version of the JSON that `gradatim check --json` writes; it grows only when a key changes meaning."""


@dataclass(frozen=True)
class Check:
    """One rung of the ladder."""

    name: str
    """The test function's name, such as ``test_rows_sum_to_one``."""
    title: str
    """The line the learner reads: the first line of the test function's docstring."""
    outcome: Outcome
    message: str = ""
    """What happened, in words; empty when it passed or waits."""
    details: dict[str, Any] = field(default_factory=dict)
    """Facts behind the message: expected, got, index, error, tolerance, picture, line …; plain JSON."""


@dataclass(frozen=True)
class Mistake:
    """A known mistake that the submission agrees with on every fresh seed."""

    name: str
    says: str


@dataclass(frozen=True)
class Report:
    """The verdict over one submission."""

    exercise: str
    status: Status
    checks: tuple[Check, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    message: str = ""
    """One sentence for the whole, used where no check could run (a syntax error, say)."""
    seed: int = 0
    seconds: float = 0.0
    output: str = ""
    """What the submission printed, cut after a few thousand characters."""

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    @property
    def first_failure(self) -> Check | None:
        """The rung that decided: the first that neither passed nor waits."""
        return next((c for c in self.checks if c.outcome not in ("passed", "waiting")), None)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Report:
        """Rebuild a report; unknown keys are ignored, so that older desks can read newer graders."""
        known = {k: v for k, v in data.items() if k in Report.__dataclass_fields__}
        known["checks"] = tuple(check_from_json(c) for c in data.get("checks", ()))
        known["mistakes"] = tuple(Mistake(m["name"], m["says"]) for m in data.get("mistakes", ()))
        return Report(**known)


def check_from_json(data: dict[str, Any]) -> Check:
    return Check(**{k: v for k, v in data.items() if k in Check.__dataclass_fields__})


def results_json(reports: list[Report]) -> dict[str, Any]:
    """The document that ``gradatim check --json`` prints."""
    return {"version": FORMAT, "results": [r.to_json() for r in reports]}
