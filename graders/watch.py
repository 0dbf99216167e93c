"""Watching what torch really does: which operations ran, from which line, how many, and how large their results.

Two modes look at every call: torch's function mode sees ``torch.softmax`` however it was reached (aliases, ``getattr``,
methods), its dispatch mode sees the aten operations beneath. An optimizer is neither, but Python: where a rule has to
hold, the interpreter tells which of torch.optim's functions are entered. A name counts only when it resolves to torch:
a function of the learner's own may be called whatever they like.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

import torch
from torch.nn.attention.bias import CausalBias
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack
from torch.utils._python_dispatch import (
    TorchDispatchMode,
    _disable_current_modes,
    _get_current_dispatch_mode_stack,
)

MOVES = ("_to_copy", "copy_")
"""Operations that carry a tensor from one device to another."""


def _made_unseen(kind: Any, *sizes: Any) -> Any:
    """torch 2.13 cannot make a CausalBias under a dispatch mode. It holds no numbers, so nothing goes unseen here."""
    with _disable_current_modes():
        return torch.Tensor.__new__(kind)


CausalBias.__new__ = _made_unseen  # type: ignore[assignment]


@dataclass(frozen=True)
class Op:
    """One operation as it was dispatched."""

    name: str
    """Its aten name without overload, such as ``mm`` or ``_softmax``."""
    elements: int
    """Elements of its largest result."""
    line: int | None
    """The line of the submission that led to it, if any."""


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
        self.watch.meets(args, func)
        result = func(*args, **(kwargs or {}))
        self.watch.dispatched(func, args, result)
        return result


class Watch:
    """A context in which every torch operation is recorded. ``filename`` is how the submission's frames are known.

    With ``devices`` it also follows every tensor that is made on the CPU, and keeps it alive; with ``optimizers`` it
    also sees the functions of torch.optim.
    """

    def __init__(self, filename: str, devices: bool = False, optimizers: bool = False) -> None:
        self.filename, self.devices, self.optimizers = filename, devices, optimizers
        self.ops: list[Op] = []
        self.calls: list[tuple[str, int | None]] = []
        self.intact = True
        self._born: list[tuple[torch.Tensor, Op, list[int]]] = []  # what was made on the CPU, by whom, out of which
        self._moved: set[int] = set()  # places in that list whose tensors went on to another device
        self._met: set[int] = set()  # places in that list whose tensors met those of another device
        self._modes = (_Functions(self), _Dispatch(self))

    def __enter__(self) -> Watch:
        for mode in self._modes:
            mode.__enter__()
        if self.optimizers:
            sys.setprofile(self._entered)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        looking = not self.optimizers or sys.getprofile() == self._entered
        # Where the stack is full, looking itself fails, and the interpreter stops it; such a check fails anyway.
        looking = looking or (kind is not None and issubclass(kind, RecursionError))
        if self.optimizers:
            sys.setprofile(None)
        functions, dispatch = _get_current_function_mode_stack(), _get_current_dispatch_mode_stack()
        self.intact = looking and bool(
            functions and functions[-1] is self._modes[0] and dispatch and dispatch[-1] is self._modes[1]
        )
        for mode in reversed(self._modes):
            try:
                mode.__exit__(kind, error, tb)
            except Exception:  # a mode that was taken away cannot be left twice
                self.intact = False

    def _entered(self, frame: FrameType, event: str, arg: Any) -> None:
        """What the interpreter tells: a Python function begins."""
        if event == "call" and frame.f_globals.get("__name__", "").startswith("torch.optim."):
            name = f"{frame.f_globals['__name__']}.{frame.f_code.co_name}"
            self.calls.append((name.lower(), submission_line(self.filename)))

    def called(self, name: str) -> None:
        """A torch function or method was called."""
        self.calls.append((name.strip("_").lower(), submission_line(self.filename)))

    def dispatched(self, func: Any, args: Any, result: Any) -> None:
        """An aten operation ran."""
        op = Op(_name(func), _largest(result), submission_line(self.filename))
        self.ops.append(op)
        if not self.devices:
            return
        # A 0-d tensor mixes with any device, so it may lie where it likes.
        made = [tensor for tensor in _tensors(result) if tensor.dim() > 0 and tensor.device.type == "cpu"]
        used = self._places(args)
        self._born += [(tensor, op, used) for tensor in made]
        if op.name in MOVES and not made:
            self._has_moved(used)

    def meets(self, args: Any, func: Any) -> None:
        """An aten operation is about to run: on tensors of two devices it would fail, unless it copies."""
        if self.devices and _name(func) not in MOVES:
            kinds = {tensor.device.type for tensor in _tensors(args) if tensor.dim() > 0}
            self._met.update(self._places(args) if len(kinds) > 1 else ())

    def _places(self, args: Any) -> list[int]:
        """Where in the list of the CPU's tensors those stand that an operation is given."""
        return [i for tensor in _tensors(args) for i, (born, _, _) in enumerate(self._born) if born is tensor]

    def _has_moved(self, places: list[int]) -> None:
        """Note that tensors of the CPU, and those that they were made of, are on another device now."""
        for i in places:
            if i not in self._moved:
                self._moved.add(i)
                self._has_moved(self._born[i][2])

    def count(self, *names: str) -> int:
        """How many operations of these aten names ran."""
        return sum(op.name in names for op in self.ops)

    def largest(self) -> int:
        """Elements of the largest result of any operation."""
        return max((op.elements for op in self.ops), default=0)

    def born_on_cpu(self) -> str:
        """The first tensor that the submission made on the CPU and left there, in words; empty when there is none."""
        for i, (_, op, _) in enumerate(self._born):
            if (i not in self._moved or i in self._met) and op.line is not None:
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


def _name(func: Any) -> str:
    packet = getattr(func, "_schema", None)
    return packet.name.split("::")[-1] if packet is not None else str(func)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _tensors(one)
