"""A device that is not here: tensors that say they lie on ``meta``, and whose numbers are kept on the CPU all the same.

Meta tensors carry shapes alone, so code that reads a number back (``.item()``, ``.tolist()``, ``if mask.any()``) would
stop at once. Here every operation runs twice: on the meta tensors, for what they say of themselves, and on what they
stand for. Which bytes a tensor stands for is known by its storage, so that views and writes in place need no care.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from graders.watch import Exact, aten_name, submission_line, unwatched

_empty, _tensor, _zeros = torch.empty, torch.tensor, torch.zeros  # as they were before anybody could patch them
META, CPU = torch.device("meta"), torch.device("cpu")
MOVES = ("_to_copy", "copy_")
"""Operations that carry a tensor from one device to another; all others fail on tensors of two devices."""
SAID = {"lift_fresh": "tensor", "_to_copy": "cpu"}
"""What learners call such an operation, where it begins a tensor on the CPU."""
FROM_DATA = ("tensor", "as_tensor", "asarray", "new_tensor")
"""Functions that make a tensor out of numbers; for the meta device they forget these before anything is dispatched."""


class Numbers:
    """What meta tensors stand for. One that was made where nobody looked has no numbers and stays as it is."""

    def __init__(self) -> None:
        self._memory: dict[int, tuple[torch.UntypedStorage, torch.Tensor]] = {}  # the storage is kept, and so its key

    def run(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """What an aten operation gives: its meta tensors have numbers, and what is read or copied back is real.

        Raises what the operation raises on plain meta tensors where the numbers are not known, or cannot be computed.
        """
        if not any(_is_there(value) for value in tree_leaves((args, kwargs))):
            return func(*args, **kwargs)
        try:
            with unwatched():
                args_here, kwargs_here = tree_map(self._here, (args, kwargs))
                here = func(*args_here, **kwargs_here)
        except Exception:
            return func(*args, **kwargs)
        try:
            there = func(*args, **kwargs)
        except Exception:  # how large the result is depends on the numbers, or it is one, or it lies on the CPU
            if kwargs.get("device") == CPU:
                return here
            there = args[0] if args and here is args_here[0] else tree_map(_empty_there, here)
        for mine, real in zip(tree_leaves(there), tree_leaves(here), strict=True):
            if isinstance(mine, torch.Tensor):
                self.give(mine, real)
        return there

    def give(self, there: torch.Tensor, data: torch.Tensor) -> None:
        """Let a new meta tensor stand for these numbers; one whose storage is known has its numbers already."""
        if not there.is_meta or there.untyped_storage()._cdata in self._memory:
            return
        with suppress(RuntimeError), unwatched():
            storage = there.untyped_storage()
            buffer = _zeros(storage.nbytes(), dtype=torch.uint8)
            Exact.copy_(_view(buffer, there), data)
            self._memory[storage._cdata] = (storage, buffer)

    def _here(self, value: Any) -> Any:
        """What stands on the CPU for an argument. Raises KeyError for a tensor without numbers."""
        if isinstance(value, torch.Tensor) and value.is_meta:
            return _view(self._memory[value.untyped_storage()._cdata][1], value)
        return CPU if _is_there(value) else value


class Elsewhere:
    """A context in which the meta device is like a GPU: its tensors have numbers, and the CPU's do not mix with them.

    ``filename`` is how the submission's frames are known. A 0-d tensor mixes with any device.
    """

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.numbers = Numbers()
        self._born: dict[int, tuple[torch.Tensor, str, int | None]] = {}
        # by storage: a tensor that was made on the CPU, kept alive; the operation and the line where it began
        self._moved: set[int] = set()  # storages whose tensors went on to the other device
        self._strays: list[str] = []
        self._modes = ExitStack()

    def __enter__(self) -> Elsewhere:
        self._modes.enter_context(_Functions(self))
        self._modes.enter_context(_Dispatch(self))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._modes.__exit__(kind, error, tb)

    def stray(self) -> str:
        """The first thing that would fail with tensors of another device, in words; empty when there is none."""
        return self._strays[0] if self._strays else ""

    def breaks_off(self) -> None:
        """Note what the submission has made on the CPU and not moved: where it cannot go on, it cannot use that."""
        for key, (tensor, _, line) in self._born.items():
            if line is not None and tensor.dim() and key not in self._moved:
                self._has_strayed(tensor, "")

    def leaves(self, value: Any) -> None:
        """Note what lies on the CPU among what the submission hands back, though its line made it there."""
        for tensor in _on_cpu(value):
            if _key(tensor) in self._born:
                self._has_strayed(tensor, "")

    def runs(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Run an aten operation; note what it makes on the CPU, and what of the CPU meets another device in it."""
        name, given = aten_name(func), _on_cpu((args, kwargs))
        if name not in MOVES and any(_is_there(v) and v.dim() for v in _tensors((args, kwargs))):
            for tensor in given:
                self._has_strayed(tensor, name)
        result = self.numbers.run(func, args, kwargs)
        if name in MOVES and any(_is_there(tensor) for tensor in _tensors(result)):
            self._moved.update(map(_key, given))
        origins = [self._born[_key(tensor)][1:] for tensor in given if _key(tensor) in self._born]
        origin = next((o for o in origins if o[1]), (SAID.get(name, name), submission_line(self.filename)))
        for tensor in _on_cpu(result):
            self._born.setdefault(_key(tensor), (tensor, *origin))
        return result

    def makes(self, result: Any, data: Any) -> None:
        """A tensor was made out of Python's numbers: on the meta device it is given them."""
        if isinstance(result, torch.Tensor) and result.is_meta:
            self.numbers.give(result, _tensor(data, dtype=result.dtype))

    def reads(self, tensor: torch.Tensor) -> None:
        """numpy takes a tensor as it is, which it can on the CPU alone."""
        line = submission_line(self.filename)
        if tensor.is_meta and line is not None:
            self._strays.append(f"`numpy` at line {line} is given a tensor that is not on the CPU")

    def _has_strayed(self, tensor: torch.Tensor, meeting: str) -> None:
        _, name, line = self._born.get(_key(tensor), (tensor, "", None))
        if line is not None:
            self._strays.append(f"`{name}` at line {line} makes a tensor on the CPU")
        elif meeting and (line := submission_line(self.filename)) is not None:
            self._strays.append(f"`{meeting}` at line {line} is given a tensor that lies on the CPU")


class _Functions(TorchFunctionMode):
    def __init__(self, elsewhere: Elsewhere) -> None:
        super().__init__()
        self.elsewhere = elsewhere

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, kwargs = getattr(func, "__name__", ""), kwargs or {}
        if name in ("numpy", "__array__"):
            self.elsewhere.reads(args[0])
        result = func(*args, **kwargs)
        if name in FROM_DATA:
            self.elsewhere.makes(result, kwargs["data"] if "data" in kwargs else args[name == "new_tensor"])
        return result


class _Dispatch(TorchDispatchMode):
    def __init__(self, elsewhere: Elsewhere) -> None:
        super().__init__()
        self.elsewhere = elsewhere

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.elsewhere.runs(func, args, kwargs or {})


def _is_there(value: Any) -> bool:
    return value == META if isinstance(value, torch.device) else isinstance(value, torch.Tensor) and value.is_meta


def _tensors(value: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def _on_cpu(value: Any) -> list[torch.Tensor]:
    """The tensors of the CPU in a value, but for those of 0 dimensions, which may lie where they like."""
    return [t for t in _tensors(value) if t.dim() and t.device == CPU and t.layout is torch.strided]


def _key(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _view(buffer: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """The bytes seen with the dtype, shape, strides and offset of another tensor."""
    place = (like.storage_offset(), like.size(), like.stride())
    return Exact.set_(_empty(0, dtype=like.dtype), buffer.untyped_storage(), *place)


def _empty_there(value: Any) -> Any:
    return _empty(value.shape, dtype=value.dtype, device=META) if isinstance(value, torch.Tensor) else value
