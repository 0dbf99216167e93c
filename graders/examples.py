"""A learner's own examples, judged before a line is coded: are they true, and which wrong versions would they catch?"""

from __future__ import annotations

import ast
import contextlib
import random
import signal
import traceback
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from graders.submission import load

FILE = "<your examples>"
SHOWN = 300
"""Characters of a value that are told."""


class TooLong(BaseException):
    """An example took more time than it may; no example can catch this by accident."""


@dataclass
class Played:
    """What the examples did on one version of the exercise."""

    outcomes: dict[int, str] = field(default_factory=dict)
    """By the line of the example: ``holds``, or what it does instead."""
    trouble: str = ""
    """Why the lines around the examples could not be run; empty where they could."""

    def holds(self, line: int) -> bool:
        return self.outcomes.get(line) == "holds"


def judged(
    text: str, answer: str, wrong: Sequence[tuple[str, str]], entry: Sequence[str], seconds: float
) -> dict[str, Any]:
    """Judge the examples in ``text``: each top-level statement with an ``assert`` in it is one.

    ``answer`` is the reference, ``wrong`` the wrong versions by name, ``entry`` what a version defines, ``seconds``
    the time that all examples may take on one version. Returns ``trouble`` (a sentence, or empty), ``examples`` (one
    ``{"line", "text", "true", "says", "catches"}`` each, the last the names of what it catches) and ``wrong``, the
    names of all versions.
    """
    names = [name for name, _ in wrong]
    try:
        tree = ast.parse(text, FILE)
    except (SyntaxError, ValueError) as error:
        where = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        words = f"Python cannot read this: {getattr(error, 'msg', error)}{where}"
        return {"trouble": words, "examples": [], "wrong": names}
    truth = _play(tree, answer, entry, seconds)
    played = {name: _play(tree, source, entry, seconds) for name, source in wrong} if not truth.trouble else {}
    lines = text.splitlines()
    found = []
    for line, outcome in truth.outcomes.items():
        true = outcome == "holds"
        caught = [name for name, version in played.items() if true and not version.trouble and not version.holds(line)]
        said = {"line": line, "text": lines[line - 1].strip(), "true": true, "says": "" if true else outcome}
        found.append({**said, "catches": caught})
    return {"trouble": truth.trouble, "examples": found, "wrong": names}


def _play(tree: ast.Module, source: str, entry: Sequence[str], seconds: float) -> Played:
    """Run the examples, statement by statement, on one version."""
    played = Played()
    names: dict[str, Any] = {"__name__": "examples", "torch": torch, "close": close}
    with _limit(seconds):
        try:
            _reseed()
            version = load(source, "<version>", {})
            names |= {name: version.__dict__[name] for name in entry if name in version.__dict__}
            _reseed()
        except BaseException as error:
            played.trouble = f"The version itself cannot be loaded: {_short(error)}"
            return played
        for statement in tree.body:
            is_example = not isinstance(statement, ast.FunctionDef | ast.ClassDef) and any(
                isinstance(node, ast.Assert) for node in ast.walk(statement)
            )
            try:
                exec(compile(ast.Module([statement], []), FILE, "exec"), names)
            except TooLong:
                if is_example:
                    played.outcomes[statement.lineno] = f"it takes more than {seconds:g} seconds"
                else:
                    played.trouble = f"line {statement.lineno} takes more than {seconds:g} seconds"
                return played
            except BaseException as error:
                if not is_example:
                    played.trouble = f"line {_line(error, statement.lineno)}: {_short(error)}"
                    return played
                played.outcomes[statement.lineno] = _why(error, statement, names, entry)
            else:
                if is_example:
                    played.outcomes[statement.lineno] = "holds"
    return played


def close(mine: Any, theirs: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Whether two tensors, or lists of numbers, have the same shape and the same values up to rounding."""
    a, b = torch.as_tensor(mine), torch.as_tensor(theirs)
    if a.shape != b.shape:
        return False
    return torch.allclose(a.detach().double(), b.detach().double(), rtol=rtol, atol=atol, equal_nan=True)


def _why(error: BaseException, statement: ast.stmt, names: dict[str, Any], entry: Sequence[str]) -> str:
    """What happened in place of the example: what its calls really give, or what is raised."""
    if not isinstance(error, AssertionError):
        return f"it raises {_short(error)}"
    line = _line(error, statement.lineno)
    tests = [node for node in ast.walk(statement) if isinstance(node, ast.Assert) and node.lineno <= line]
    calls = {ast.unparse(call): call for call in _calls(tests[-1].test, entry)} if tests else {}
    told = []
    for words, call in calls.items():
        with contextlib.suppress(Exception):
            _reseed()
            told.append(f"{words} gives {_value(eval(compile(ast.Expression(call), FILE, 'eval'), names))}")
    return "; ".join(told) or "it is false"


def _calls(node: ast.AST, entry: Sequence[str]) -> Iterator[ast.expr]:
    """The outermost expressions that end in a call of what the exercise asks for."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in entry:
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, entry)


def _value(value: Any) -> str:
    return " ".join(repr(value).split())[:SHOWN]


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:SHOWN]}".rstrip(": ")


def _line(error: BaseException, otherwise: int) -> int:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    return lines[-1] or otherwise if lines else otherwise


def _reseed() -> None:
    random.seed(0)
    torch.manual_seed(0)


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise TooLong in whatever runs too long; where signals are missing, the judge ends the process instead."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: types.FrameType | None) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
