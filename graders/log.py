"""The log of one run of a check file: what every check observed, raised or left unfinished, for one seed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from graders.pool import Child, Ended
from graders.values import Seen
from graders.wire import Broken

Frame = dict[str, Any]


@dataclass
class CheckLog:
    """What happened in one check."""

    name: str
    seen: list[Seen] = field(default_factory=list)
    raised: Frame | None = None
    forbidden: Frame | None = None
    missing: list[str] = field(default_factory=list)
    lens: list[Frame] = field(default_factory=list)
    graph: str = ""
    ended: bool = False
    hung: bool = False


@dataclass
class Log:
    """What happened under one seed, check by check, and how it ended."""

    seed: int
    checks: dict[str, CheckLog] = field(default_factory=dict)
    complete: bool = False

    def check(self, name: str) -> CheckLog:
        return self.checks.setdefault(name, CheckLog(name))


@dataclass
class Run:
    """Everything one child told: a log for each seed, and what it tried, printed and ended with."""

    logs: dict[int, Log] = field(default_factory=dict)
    ladder: list[dict[str, str]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    hung: Frame | None = None
    ended: Ended | None = None
    current: str = "runs"
    output: str = ""

    def log(self, seed: int) -> Log:
        return self.logs.setdefault(seed, Log(seed))


class Ours(Exception):
    """The check itself is broken: our fault, never the learner's."""


class Busy(Ours):
    """Our own code did not end in time: the machine has too much else to do for a verdict."""


async def follow(child: Child, seconds: float, trusted: bool = False) -> AsyncIterator[tuple[str, Run, int]]:
    """Read a child's frames into a Run; yields ("ladder" | "check" | "over", run, seed) as things become known.

    Frames of a form we do not know end the reading as a broken log does. Raises Ours when the check file fails, or,
    in a ``trusted`` run, our own answer.
    """
    run, seed = Run(), 0
    try:
        async for frame, payload in child.frames(seconds):
            kind = frame["f"]
            if kind == "ladder":
                run.ladder = [{"name": str(c["name"]), "title": str(c["title"])} for c in frame["checks"]]
                yield "ladder", run, seed
            elif kind == "seed":
                seed = int(frame["seed"])
                run.log(seed)
            elif kind == "begin":
                run.current = str(frame["check"])
                run.log(seed).check(run.current)
            elif kind == "observe":
                run.log(seed).check(str(frame["check"])).seen.append(
                    Seen(str(frame["name"]), dict(frame["node"]), payload, dict(frame["rule"]))
                )
            elif kind == "raised":
                run.log(seed).check(str(frame["check"])).raised = frame
                if frame["check"] == "runs":
                    yield "check", run, seed
            elif kind == "lens":
                looked = run.log(seed).check(str(frame["check"]))
                looked.lens, looked.graph = list(frame["lines"]), str(frame["graph"])
            elif kind == "tried":
                run.tried.append(str(frame["what"]))
            elif kind == "hung":
                run.hung = frame
                run.log(seed).check(run.current).hung = True
            elif kind == "end":
                check = run.log(seed).check(str(frame["check"]))
                check.ended, check.forbidden = True, frame.get("forbidden")
                check.missing = [str(n) for n in frame.get("missing", ())]
                yield "check", run, seed
            elif kind == "broken":
                if trusted or not run.logs:
                    raise Ours(str(frame.get("message")))
                run.ended = Ended("forged")  # behind closed doors, whatever breaks was broken by the submission
                break
            elif kind == "done":
                for log in run.logs.values():
                    log.complete = True
    except Ended as ended:
        run.ended = ended
    except (Broken, KeyError, TypeError, ValueError, AttributeError):
        run.ended = Ended("forged")
    if run.ended is not None and run.ended.kind == "timeout":
        run.log(seed).check(run.current).hung = True
    run.output = child.printed()
    yield "over", run, seed
