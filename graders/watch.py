"""Watching what torch really does: which operations ran, from which line, how many, and how large their results.

Two modes look at every call: torch's function mode sees ``torch.softmax`` however it was reached (aliases, ``getattr``,
methods), its dispatch mode sees the aten operations beneath. An optimizer is neither, but Python: where a rule has to
hold, the interpreter tells which of torch.optim's functions are entered. A name counts only when it resolves to torch:
a function of the learner's own may be called whatever they like.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, FunctionType, TracebackType
from typing import Any

import torch
from torch.nn.attention.bias import CausalBias
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack
from torch.utils import _python_dispatch
from torch.utils._python_dispatch import (
    TorchDispatchMode,
    _disable_current_modes,
    _get_current_dispatch_mode_stack,
)


def _made_unseen(kind: Any, *sizes: Any) -> Any:
    """torch 2.13 cannot make a CausalBias under a dispatch mode. It holds no numbers, so nothing goes unseen here."""
    with _disable_current_modes():
        return torch.Tensor.__new__(kind)


CausalBias.__new__ = _made_unseen  # type: ignore[assignment]


def _told(way_out: Any) -> Any:
    """The same function, but a watch learns when a submission calls it."""

    def call(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(1).f_code.co_filename
        for watch in _watching:
            watch.intact = watch.intact and caller != watch.filename
        return way_out(*args, **kwargs)

    return call


_watching: list[Watch] = []
_function_off, _keys_off = torch._C.DisableTorchFunction, torch._C._ExcludeDispatchKeyGuard
for _place, _names in (
    (torch._C, ("DisableTorchFunction", "_DisableTorchDispatch", "_dispatch_tls_set_dispatch_key_excluded")),
    (torch._C, ("ExcludeDispatchKeyGuard", "_ExcludeDispatchKeyGuard", "_SetExcludeDispatchKeyGuard")),
    (torch._C, ("_ForceDispatchKeyGuard", "_pop_torch_function_stack", "_pop_torch_dispatch_stack")),
    (torch.overrides, ("_pop_mode", "_pop_mode_temporarily")),
    (_python_dispatch, ("_pop_mode", "_pop_mode_temporarily", "_disable_current_modes")),
):  # the ways out of both modes, which nobody needs who computes with tensors
    for _way in _names:
        if hasattr(_place, _way):
            setattr(_place, _way, _told(getattr(_place, _way)))


@contextmanager
def unwatched() -> Iterator[None]:
    """Work of our own that nobody has to look at, and that takes twelve times as long when somebody does.

    No code of a submission may run in here, for it would not be seen: call the methods of `Exact`, since those of
    ``torch.Tensor`` may have been replaced.
    """
    with _function_off(), _keys_off(_MODES):
        yield


Exact = torch._C.TensorBase
"""Where a tensor's methods come from. This class, other than ``torch.Tensor``, cannot be changed by anybody."""
_MODES = torch._C.DispatchKeySet(torch._C.DispatchKey.Python).add(torch._C.DispatchKey.PythonTLSSnapshot)


@dataclass(frozen=True)
class Op:
    """One operation as it was dispatched."""

    name: str
    """Its aten name without overload, such as ``mm`` or ``_softmax``."""
    elements: int
    """Elements of its largest result."""
    line: int | None
    """The line of the submission that led to it, if any."""


def submission_line(filename: str, floor: FrameType | None = None) -> int | None:
    """The innermost line of the submission on the current call stack, or None; nothing of it lies below ``floor``."""
    frame = sys._getframe(1)
    while frame is not None and frame is not floor:
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
    """A context in which every torch operation is recorded. ``filename`` is how the submission's frames are known.

    With ``optimizers`` it also sees the functions of torch.optim, for which it looks at every call in Python.
    ``floor`` is a frame below which no call stack has to be searched.
    """

    def __init__(self, filename: str, optimizers: bool = False, floor: FrameType | None = None) -> None:
        self.filename, self.optimizers, self.floor = filename, optimizers, floor
        self.ops: list[Op] = []
        self.calls: list[tuple[str, int | None]] = []
        self.intact = True
        self._modes = (_Functions(self), _Dispatch(self))

    def __enter__(self) -> Watch:
        for mode in self._modes:
            mode.__enter__()
        _watching.append(self)
        if self.optimizers:
            sys.setprofile(self._entered)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        looking = not self.optimizers or sys.getprofile() == self._entered
        # Where the stack is full, looking itself fails, and the interpreter stops it; such a check fails anyway.
        looking = looking or (kind is not None and issubclass(kind, RecursionError))
        if self.optimizers:
            sys.setprofile(None)
        _watching.remove(self)
        functions, dispatch = _get_current_function_mode_stack(), _get_current_dispatch_mode_stack()
        there = functions and functions[-1] is self._modes[0] and dispatch and dispatch[-1] is self._modes[1]
        self.intact = self.intact and looking and bool(there)
        for mode in reversed(self._modes):
            try:
                mode.__exit__(kind, error, tb)
            except Exception:  # a mode that was taken away cannot be left twice
                self.intact = False

    def _entered(self, frame: FrameType, event: str, arg: Any) -> None:
        """What the interpreter tells: a Python function begins."""
        if event == "call" and frame.f_globals.get("__name__", "").startswith("torch.optim."):
            name = f"{frame.f_globals['__name__']}.{frame.f_code.co_name}"
            self.calls.append((name.lower(), submission_line(self.filename, self.floor)))

    def called(self, name: str) -> None:
        """A torch function or method was called."""
        self.calls.append((name.strip("_").lower(), submission_line(self.filename, self.floor)))

    def dispatched(self, func: Any, result: Any) -> None:
        """An aten operation ran."""
        self.ops.append(Op(aten_name(func), _largest(result), submission_line(self.filename, self.floor)))

    def count(self, *names: str) -> int:
        """How many operations of these aten names ran."""
        return sum(op.name in names for op in self.ops)

    def largest(self) -> int:
        """Elements of the largest result of any operation."""
        return max((op.elements for op in self.ops), default=0)

    def forbidden(self, words: Iterable[str]) -> tuple[str, int] | None:
        """The first operation that the submission reached whose name contains one of the words, and its line."""
        words = tuple(words)
        seen = [(name, line) for name, line in self.calls] + [(op.name, op.line) for op in self.ops]
        for name, line in seen:
            if line is not None and any(word == "*" or word in name.lower() for word in words):
                return name, line
        return None


def names_an_optimizer(words: Iterable[str]) -> bool:
    """Whether one of a rule's words is part of the name of a function of torch.optim."""
    return any(word in name for word in words for name in _OPTIMIZERS)


_OPTIMIZERS = [
    f"{path}.{name}".lower()
    for path, module in list(sys.modules.items())
    if path.startswith("torch.optim.")
    for name, value in vars(module).items()
    if isinstance(value, FunctionType) and value.__module__ == path
]


def _largest(result: Any) -> int:
    if isinstance(result, torch.Tensor):
        return result.numel()
    if isinstance(result, (tuple, list)):
        return max((_largest(r) for r in result), default=0)
    return 0


def aten_name(func: Any) -> str:
    """The aten name of an operation, without overload."""
    packet = getattr(func, "_schema", None)
    return packet.name.split("::")[-1] if packet is not None else str(func)
