"""The lens: beside each line of the learner's code, the shape and dtype of what it assigned."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

import torch

MAX_LINES = 200
MAX_EVENTS = 20_000


def glimpse(value: Any) -> str:
    """A value in a few words: ``(2, 3) float32``, ``7``, ``list of 4``. Never calls code of the value's own type."""
    kind = type(value)
    if kind is torch.Tensor or kind is torch.nn.Parameter:
        shape = "(" + ", ".join(map(str, value.shape)) + ("," if value.dim() == 1 else "") + ")"
        number = ""
        if value.dim() == 0 and value.device.type == "cpu":
            number = f" = {value.detach().item():.4g}" if value.is_floating_point() else f" = {value.item()}"
        return f"{shape} {str(value.dtype).removeprefix('torch.')}{number}"
    if value is None or kind in (bool, int):
        return repr(value)
    if kind is float:
        return f"{value:.6g}"
    if kind is str:
        return repr(value if len(value) <= 40 else value[:37] + "…")
    if kind in (list, tuple, dict, set):
        return f"{kind.__name__} of {len(value)}"
    if kind is torch.Size:
        return str(tuple(value))
    return kind.__name__


class Lens:
    """While active, notes what every line of one file assigned in the last call from outside.

    A line that runs often in that call keeps its first and its last value.
    """

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self._notes: dict[int, dict[str, list[str]]] = {}
        self._times: dict[int, int] = {}
        self._before: dict[int, tuple[int, dict[str, Any]]] = {}
        self._events = 0
        self._depth = 0
        self._previous: Any = None
        self._names: dict[str, torch.Tensor] = {}
        self._module: torch.nn.Module | None = None
        self._result: tuple[str, torch.Tensor] | None = None

    def __enter__(self) -> Lens:
        self._previous = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        sys.settrace(self._previous)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename != self.filename or frame.f_code.co_name.startswith("<"):
            return None
        if self._depth == 0:  # a new call from outside: what the one before it did is past
            self._notes.clear()
            self._times.clear()
            self._names.clear()
            self._module = self._result = None
            self._events = 0
        self._depth += 1
        for name, value in frame.f_locals.items():
            self._note(frame.f_code.co_firstlineno, name, value)
            if name == "self" and isinstance(value, torch.nn.Module):
                self._module = value
        self._before[id(frame)] = (frame.f_lineno, dict(frame.f_locals))
        return self._line

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        self._events += 1
        if self._events > MAX_EVENTS and event != "return":
            return self._line
        line, before = self._before.get(id(frame), (frame.f_lineno, {}))
        now = dict(frame.f_locals)
        self._times[line] = self._times.get(line, 0) + 1
        for name, value in now.items():
            if name not in before or before[name] is not value:
                self._note(line, name, value)
        if event == "return":
            self._depth -= 1
            self._before.pop(id(frame), None)
            if arg is not None:
                self._note(frame.f_lineno, "return", arg)
        else:
            self._before[id(frame)] = (frame.f_lineno, now)
        return self._line

    def _note(self, line: int, name: str, value: Any) -> None:
        if (
            name.startswith(("__", "."))
            or name == "self"
            or (line not in self._notes and len(self._notes) >= MAX_LINES)
        ):
            return
        self._remember(name, value)
        seen = self._notes.setdefault(line, {}).setdefault(name, [])
        text = glimpse(value)
        if not seen or seen[-1] != text:
            seen[1:] = [text] if seen else []
            if not seen:
                seen.append(text)

    def _remember(self, name: str, value: Any) -> None:
        """Keep what the graph will be drawn from: named leaves, and the newest tensor that has a history."""
        kind = type(value)
        for number, one in enumerate(value if kind in (list, tuple) else [value]):
            if type(one) not in (torch.Tensor, torch.nn.Parameter) or not one.requires_grad:
                continue
            called = f"{name}[{number}]" if kind in (list, tuple) else name
            if name != "return":
                self._names[called] = one
            if one.grad_fn is not None:
                self._result = ("what is returned" if name == "return" else called, one)

    def graph(self) -> str:
        """The tree of ``grad_fn`` behind the newest tensor with a history; empty where there is none."""
        if self._result is None:
            return ""
        from graders.pictures import graph

        name, result = self._result
        names = {id(t): n for n, t in self._names.items()}
        with suppress(Exception):  # a module may be half made
            names |= {id(p): f"self.{n}" for n, p in self._module.named_parameters()} if self._module else {}
        return graph(result, name, names)

    def lines(self) -> list[dict[str, Any]]:
        """What was noted: ``{"line", "values": {name: "first … last"}, "times"}`` in line order."""
        return [
            {
                "line": line,
                "values": {name: " … ".join(texts) for name, texts in values.items()},
                "times": self._times.get(line, 1),
            }
            for line, values in sorted(self._notes.items())
        ]
