"""Watching what torch really does: which operations ran, from which line, how many, and how large their results.

Two modes look at every call: torch's function mode sees ``torch.softmax`` however it was reached (aliases, ``getattr``,
methods), its dispatch mode sees the aten operations beneath. A name counts only when it resolves to torch: a function
of the learner's own may be called whatever they like.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode_stack


@dataclass(frozen=True)
class Op:
    """One operation as it was dispatched."""

    name: str
    """Its aten name without overload, such as ``mm`` or ``_softmax``."""
    elements: int
    """Elements of its largest result."""
    line: int | None
    """The line of the submission that led to it, if any."""
    on_cpu: bool = False
    """A result with at least one dimension lies on the CPU. (A 0-d tensor mixes with any device.)"""


def submission_line(filename: str) -> int | None:
    """The innermost line of the submission on the current call stack, or None."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == filename:
            return frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None


class _Functions(TorchFunctionMode):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name not in ("__get__", "__set__"):
            self.watch.called(name)
        return func(*args, **(kwargs or {}))


class _Dispatch(TorchDispatchMode):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.watch.dispatched(func, result)
        return result


class Watch:
    """A context in which every torch operation is recorded. ``filename`` is how the submission's frames are known."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.ops: list[Op] = []
        self.calls: list[tuple[str, int | None]] = []
        self.intact = True
        self._modes = (_Functions(self), _Dispatch(self))

    def __enter__(self) -> Watch:
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        functions, dispatch = _get_current_function_mode_stack(), _get_current_dispatch_mode_stack()
        self.intact = bool(
            functions and functions[-1] is self._modes[0] and dispatch and dispatch[-1] is self._modes[1]
        )
        for mode in reversed(self._modes):
            try:
                mode.__exit__(kind, error, tb)
            except Exception:  # a mode that was taken away cannot be left twice
                self.intact = False

    def called(self, name: str) -> None:
        """A torch function or method was called."""
        self.calls.append((name.strip("_").lower(), submission_line(self.filename)))

    def dispatched(self, func: Any, result: Any) -> None:
        """An aten operation ran."""
        packet = getattr(func, "_schema", None)
        name = packet.name.split("::")[-1] if packet is not None else str(func)
        self.ops.append(Op(name, _largest(result), submission_line(self.filename), _on_cpu(result)))

    def count(self, *names: str) -> int:
        """How many operations of these aten names ran."""
        return sum(op.name in names for op in self.ops)

    def largest(self) -> int:
        """Elements of the largest result of any operation."""
        return max((op.elements for op in self.ops), default=0)

    def born_on_cpu(self) -> str:
        """The first result on the CPU that the submission caused, in words; empty when there is none."""
        for op in self.ops:
            if op.on_cpu and op.line is not None:
                return f"`{op.name}` at line {op.line} makes a tensor on the CPU"
        return ""

    def forbidden(self, words: Iterable[str]) -> tuple[str, int] | None:
        """The first operation that the submission reached whose name contains one of the words, and its line."""
        words = tuple(words)
        seen = [(name, line) for name, line in self.calls] + [(op.name, op.line) for op in self.ops]
        for name, line in seen:
            if line is not None and any(word == "*" or word in name.lower() for word in words):
                return name, line
        return None


def _largest(result: Any) -> int:
    if isinstance(result, torch.Tensor):
        return result.numel()
    if isinstance(result, (tuple, list)):
        return max((_largest(r) for r in result), default=0)
    return 0


def _on_cpu(result: Any) -> bool:
    if isinstance(result, torch.Tensor):
        return result.dim() > 0 and result.device.type == "cpu"
    return isinstance(result, (tuple, list)) and any(map(_on_cpu, result))
