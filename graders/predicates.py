"""What can be asked of one observed value, by name, without comparing it with the reference's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graders.values import Seen, plain
from graders.wire import array


def _numbers(seen: Seen) -> np.ndarray[Any, Any]:
    values = array(seen.node, seen.payload) if seen.node.get("k") == "tensor" else None
    if values is None:
        raise ValueError("not a tensor with data")
    return values


def _finite(seen: Seen) -> bool:
    return bool(np.isfinite(_numbers(seen)).all())


def _sums_to(seen: Seen, total: float, dim: int, atol: float = 1e-5) -> bool:
    return bool(np.all(np.abs(_numbers(seen).sum(axis=dim) - total) <= atol))


def _raised(seen: Seen, type: str = "") -> bool:
    return seen.node.get("k") == "raised" and bool(seen.node.get("type")) and type in ("", seen.node["type"])


def _is_true(seen: Seen) -> bool:
    return plain(seen.node) is True


def _is_empty(seen: Seen) -> bool:
    return plain(seen.node) == ""


def _each_before(seen: Seen, first: str, then: str, since: str = "") -> bool:
    """Every ``then`` has a ``first`` between it and the ``then`` before it (or the ``since`` before it).

    Events are known by how they begin: ``forward`` stands for ``forward (train)`` too.
    """
    ready = False
    for event in plain(seen.node):
        if event.startswith(first):
            ready = True
        elif event.startswith(then):
            if not ready:
                return False
            ready = False
        elif since and event.startswith(since):
            ready = False
    return True


def _never_between(seen: Seen, event: str, start: str, end: str) -> bool:
    """``event`` never falls after a ``start`` and before the next ``end``."""
    inside = False
    for each in plain(seen.node):
        if each == start:
            inside = True
        elif each == end:
            inside = False
        elif each == event and inside:
            return False
    return True


def _happens(seen: Seen, event: str, times: int | None = None) -> bool:
    count = plain(seen.node).count(event)
    return bool(count == times if times is not None else count > 0)


PREDICATES: dict[str, Callable[..., bool]] = {
    "finite": _finite,
    "sums_to": _sums_to,
    "raised": _raised,
    "is_true": _is_true,
    "is_empty": _is_empty,
    "each_before": _each_before,
    "never_between": _never_between,
    "happens": _happens,
}
