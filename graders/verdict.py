"""The outcome of each check, in the order of causes, from what the submission and the reference observed."""

from __future__ import annotations

import re
from typing import Any, Protocol

from exercises import Exercise
from graders import explain
from graders.log import CheckLog, Log, Run
from graders.observe import judge
from graders.report import Check, Mistake, Outcome, Report, Status
from graders.values import plain
from graders.wire import Broken

_STATUS: dict[str, Status] = {"failed": "failed", "error": "error", "timeout": "timeout", "limit": "limit"}


class Reference(Protocol):
    """What a verdict needs to know of the reference."""

    @property
    def logs(self) -> list[Log]: ...

    @property
    def ladder(self) -> list[dict[str, str]]: ...


class Verdict:
    """Collects the outcome of each check, in the order of causes; the first failure decides."""

    def __init__(self, exercise: Exercise, seed: int) -> None:
        self.exercise, self.seed = exercise, seed
        self.ladder: list[dict[str, str]] = []
        self.checks: list[Check] = []
        self.failure: Check | None = None
        self.message = ""

    def learn(self, run: Run, reference: Reference, over: bool) -> list[Check]:
        """Judge whatever has newly become known; returns the new rungs."""
        self.ladder = reference.ladder
        new: list[Check] = []
        mine = run.logs.get(self.seed)
        for rung in [runs_rung(self.exercise), *self.ladder][len(self.checks) :]:
            if self.failure is not None:
                break
            log = mine.checks.get(rung["name"]) if mine else None
            if log is None or not (log.ended or (rung["name"] == "runs" and log.raised)):
                if over:
                    check = self._unfinished(rung, log, run)
                    new.append(check)
                break
            new.append(self._judge(rung, log, reference))
            if new[-1].outcome != "passed":
                self.failure = new[-1]
        for check in new:
            self.checks.append(check)
            if check.outcome != "passed":
                self.failure = check
        return new

    def _judge(self, rung: dict[str, str], log: CheckLog, reference: Reference) -> Check:
        name, title = rung["name"], rung["title"]
        if name == "runs":
            return self._judge_import(name, title, log)
        if log.forbidden:
            return self._forbidden(name, title, log.forbidden)
        theirs = [r.check(name) for r in reference.logs]
        outcome, message, details = compare(log, theirs, self.exercise)
        return Check(name, title, outcome, message, details)

    def _judge_import(self, name: str, title: str, log: CheckLog) -> Check:
        if log.raised:
            message, details = explain.raised(log.raised, f"{self.exercise.id}.py")
            return Check(name, title, _limit_or("error", log.raised), message, details)
        if log.missing:
            names = ", ".join(f"`{n}`" for n in log.missing)
            return Check(name, title, "error", f"Your file does not define {names}.", {"missing": log.missing})
        return Check(name, title, "passed")

    def _forbidden(self, name: str, title: str, what: dict[str, Any]) -> Check:
        number = what.get("rule", -1)
        if number == -1 or number >= len(self.exercise.forbids):
            text = "The watch over torch's calls was switched off while your code ran, so nothing can be said about it."
            return Check(name, title, "forbidden", text)
        rule = self.exercise.forbids[number]
        call, line = what.get("name"), what.get("line")
        text = f"Your code calls torch's `{call}` at line {line}." if line else f"Your code calls torch's `{call}`."
        return Check(name, title, "forbidden", f"{text} {rule.says}", {"line": line, "call": call})

    def _unfinished(self, rung: dict[str, str], log: CheckLog | None, run: Run) -> Check:
        """The rung at which the process stopped without finishing: the honest sentence for how it ended."""
        name, title = rung["name"], rung["title"]
        where = run.hung or {}
        at = f" at line {where['line']}: `{where['text']}`" if where.get("line") else _dumped(run, self.exercise)
        details = {"line": where.get("line"), "locals": where.get("locals", {})}
        kind = run.ended.kind if run.ended else "silent"
        code = run.ended.detail if run.ended else None
        if run.hung or kind == "timeout":
            text = f"No end after {self.exercise.seconds:g} seconds{at}. Does this loop ever stop?"
            return Check(name, title, "timeout", text, details)
        if kind == "output":
            return Check(
                name,
                title,
                "limit",
                "Your code printed more than 1 MB. Take the print out of the loop.",
                details,
            )
        if kind == "traffic":
            return Check(name, title, "limit", "Your code returned more than 512 MB in all.", details)
        if kind == "signal":
            return Check(name, title, "limit" if code in (-24, -25) else "error", _signal_text(code), details)
        if kind == "exit":
            text = f"Your code ended the whole Python process (exit code {code}) before the check was over."
            return Check(name, title, "error", text, details)
        text = "The record of this check is not one that the checks write; nothing in it counts."
        return Check(name, title, "error", text, details)

    def report(self, run: Run, named: list[Mistake]) -> Report:
        """The final verdict."""
        status: Status = "passed"
        rungs = [runs_rung(self.exercise), *self.ladder]
        tried = [t for t in run.tried if t != "start a thread" or self.exercise.forbids]
        if self.failure is not None:
            outcome = self.failure.outcome
            status = "forbidden" if outcome == "forbidden" else _STATUS.get(outcome, "error")
        elif tried:
            status = "forbidden"
        elif len(self.checks) != len(rungs) or not run.logs[self.seed].complete:
            status = "error"
            self.message = "The run ended before its last word; nothing of it counts."
        if tried and status != "passed":
            self.message = f"Your code tried to {tried[0]}; a check runs without that."
        waiting = [Check(r["name"], r["title"], "waiting") for r in rungs[len(self.checks) :]]
        return Report(
            self.exercise.id, status, (*self.checks, *waiting), tuple(named), self.message, self.seed,
            output=run.output,
        )  # fmt: skip


def runs_rung(exercise: Exercise) -> dict[str, str]:
    """The rung before all others."""
    names = [f"`{n}`" for n in exercise.entry]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return {"name": "runs", "title": f"The file runs and defines {listed}"}


def compare(log: CheckLog, reference: list[CheckLog], exercise: Exercise) -> tuple[Outcome, str, dict[str, Any]]:
    """Judge one finished check against the reference's log: outcome, message, facts."""
    theirs = reference[0].seen
    wrong: dict[str, Any] = {}
    slips = 0
    for i, expected in enumerate(theirs):
        if i >= len(log.seen):
            if log.raised:
                message, details = explain.raised(log.raised, f"{exercise.id}.py")
                return _limit_or("failed" if explain.not_written(log.raised) else "error", log.raised), message, details
            return "failed", f"{expected.name} was never reached.", {}
        mine = log.seen[i]
        if mine.name != expected.name:
            text = f"{mine.name} came where {expected.name} was expected."
            return "failed", text, {"got": mine.name, "expected": expected.name}
        try:
            found = judge(mine, [r.seen[i] for r in reference if i < len(r.seen)])
        except (Broken, KeyError, TypeError, ValueError):
            return "error", f"{expected.name}: what arrived is not a value that a check can send.", {}
        if found is not None and expected.rule.get("secret"):
            wrong[expected.name] = plain(mine.node)
            slips = int(expected.rule.get("slips", 0))
        elif found is not None:
            message, details = explain.explain(expected.name, found, expected.rule)
            return "failed", message, {**details, "number": i}
    if len(wrong) > slips:
        return "failed", *explain.predictions(wrong, len(theirs))
    if log.raised:
        message, details = explain.raised(log.raised, f"{exercise.id}.py")
        return _limit_or("error", log.raised), message, details
    if len(log.seen) != len(theirs):
        return "error", "More was observed than this check observes.", {}
    return "passed", *(explain.predictions(wrong, len(theirs)) if wrong else ("", {}))


def _limit_or(outcome: Outcome, raised: dict[str, Any]) -> Outcome:
    text = str(raised.get("message", ""))
    memory = raised.get("type") == "MemoryError" or "can't allocate memory" in text or "not enough memory" in text
    return "limit" if memory or "File too large" in text else outcome


def _dumped(run: Run, exercise: Exercise) -> str:
    """The line in faulthandler's dump, for code that hangs where Python does not answer."""
    found = re.search(rf'File "{re.escape(exercise.id)}\.py", line (\d+)', run.output)
    return f" at line {found[1]}" if found else ""


def _signal_text(code: int | None) -> str:
    names = {
        -11: "crashed (segmentation fault)", -6: "crashed (abort)", -9: "was ended from outside or ran out of memory",
        -24: "used up its processor time", -25: "wrote a file of more than 16 MB", -8: "crashed (arithmetic)",
    }  # fmt: skip
    return f"The process of your code {names.get(code or 0, f'ended by signal {-(code or 0)}')}."
