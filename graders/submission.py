"""The learner's file as a module, and what can be told of an exception that rises in it."""

from __future__ import annotations

import linecache
import random
import sys
import textwrap
import traceback
import types
from typing import Any

from graders.lens import glimpse
from graders.operands import misfit

Frame = dict[str, Any]
MISSING = "your file does not define `{}`"
"""What is raised when a check asks for a name that the file does not have."""


class Submission(types.ModuleType):
    """The learner's file as a module. A missing name is told in the words of the task."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(MISSING.format(name))


def load(source: str, filename: str, given: dict[str, Any]) -> Submission:
    """Execute a file's text as a module called ``submission``. Raises whatever the file raises."""
    module = Submission("submission")
    module.__file__ = filename
    module.__dict__.update(given)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    sys.modules["submission"] = module
    exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)
    return module


def start_text(start: str, questions: str, seed: int) -> str:
    """A predict exercise's stub with the questions of this seed written into it."""
    blocks = [
        f"Question {number}\n" + textwrap.indent(code, "    ")
        for number, code in enumerate(draw_questions(questions, seed), 1)
    ]
    return start.replace("{questions}", "\n\n".join(blocks)).replace("{seed}", str(seed))


def draw_questions(source: str, seed: int) -> list[str]:
    """The questions of a predict exercise: `questions(rng)` of its questions.py."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "questions.py", "exec"), namespace)
    result: list[str] = namespace["questions"](random.Random(seed))
    return result


def describe_exception(error: BaseException, filename: str) -> Frame:
    """What was raised, in plain data: type, message, the line of the submission, its source and the local values."""
    if isinstance(error, SyntaxError) and error.filename == filename:
        return {
            "type": type(error).__name__,
            "message": error.msg or "invalid syntax",
            "line": error.lineno,
            "text": (error.text or "").rstrip("\n"),
            "column": error.offset,
        }
    frame, line = None, None
    for step, number in traceback.walk_tb(error.__traceback__):
        if step.f_code.co_filename == filename:
            frame, line = step, number
    try:
        message = str(error)[:2000]
    except BaseException:  # a lying __str__ is the submission's business
        message = ""
    return {
        "type": type(error).__name__,
        "bases": [c.__name__ for c in type(error).__mro__][:8],
        "message": message,
        "line": line,
        "text": linecache.getline(filename, line).strip() if line else "",
        "function": frame.f_code.co_name if frame else "",
        "locals": _locals(frame),
        "misfit": misfit(linecache.getline(filename, line), frame) if frame and line else "",
    }


def where(frame: types.FrameType | None, filename: str) -> Frame:
    while frame is not None and frame.f_code.co_filename != filename:
        frame = frame.f_back
    if frame is None:
        return {"line": None, "text": "", "function": "", "locals": {}}
    return {
        "line": frame.f_lineno,
        "text": linecache.getline(filename, frame.f_lineno).strip(),
        "function": frame.f_code.co_name,
        "locals": _locals(frame),
    }


def _locals(frame: types.FrameType | None) -> dict[str, str]:
    """Short descriptions of a frame's local variables, in the order they were assigned."""
    if frame is None or frame.f_code.co_name == "<module>":
        return {}
    shown = [(n, v) for n, v in frame.f_locals.items() if n != "self" and not n.startswith(("__", "."))]
    return {name: glimpse(value) for name, value in shown[:12]}
