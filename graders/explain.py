"""Puts a difference into words: what was expected of what, where it differs first, by how much, in which pattern."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from graders.observe import Difference, close
from graders.submission import MISSING
from graders.values import describe, shape_text

Facts = dict[str, Any]
PICTURE_ROWS, PICTURE_COLUMNS = 10, 32


def explain(name: str, found: Difference, rule: dict[str, Any]) -> tuple[str, Facts]:
    """One or two sentences and the facts behind them; the rule may bring a sentence of its own and the reason for
    its tolerance."""
    text, facts = _explain(name, found, rule)
    says = rule.get("says") if rule["rule"] == "equal" else ""
    return (f"{says} {text}" if says else text), facts


def _explain(name: str, found: Difference, rule: dict[str, Any]) -> tuple[str, Facts]:
    what = f"{name}{found.where}"
    facts: Facts = {"observation": name, "kind": found.kind}
    facts |= {"expected": _short(found.expected), "got": _short(found.got)}
    if found.kind == "shape":
        return f"{what} has shape {_shape(found.got)}; {_shape(found.expected)} was expected.", {
            **facts,
            "expected": _shape(found.expected),
            "got": _shape(found.got),
        }
    if found.kind in ("dtype", "device"):
        text = f"{what} has dtype {found.got}; {found.expected} was expected."
        if found.kind == "device":
            text = f"{what} is on {found.got}; {found.expected} was expected."
        return text, facts
    if found.kind == "kind":
        return f"{what} is {found.got}; {found.expected} was expected.", facts
    if found.kind == "length":
        return f"{what} has {found.got} items; {found.expected} were expected.", facts
    if found.kind == "keys":
        return f"{what} has the keys {_list(found.got)}; {_list(found.expected)} were expected.", facts
    if found.kind == "property":
        return _property(what, found), facts
    if found.kind == "law":
        told = f" {found.note}" if found.note else ""
        return f"{what} has {found.got}; expected {found.expected}.{told}", facts
    if found.kind == "bound":
        told = f" {found.note}" if found.note else ""
        return f"{what} is {found.got}; at most {found.expected} is allowed.{told}", facts
    if found.mine is None or found.theirs is None:
        return f"{what} is {_short(found.got)}; {_short(found.expected)} was expected.", facts
    facts["because"] = rule.get("because") or f"a few hundred roundings of {found.dtype}"
    return _values(what, found, facts)


def predictions(wrong: dict[str, Any], total: int) -> tuple[str, Facts]:
    """Words for predictions that are not right, without giving the right ones away."""
    open_ = [name for name, got in wrong.items() if got == "..."]
    tried = [name for name in wrong if name not in open_]
    text = f"{total - len(wrong)} of {total} are right."
    if tried:
        text += f" Not right yet: {', '.join(tried)}. Trace them once more."
    if open_:
        text += f" Not answered yet: {', '.join(open_)}."
    return text, {"wrong": tried, "open": open_, "of": total}


def _property(what: str, found: Difference) -> str:
    words = {
        "contiguous": "contiguous",
        "requires_grad": "part of the graph (requires_grad)",
        "leaf": "a leaf",
    }
    if found.note in words:
        word = words[found.note]
        return f"{what} should be {word}." if found.expected else f"{what} should not be {word}."
    says = found.note or f"{what}: {found.expected}"
    return f"{says} (seen: {_short(found.got, 200)})" if not isinstance(found.got, bool) else says


def _values(what: str, found: Difference, facts: Facts) -> tuple[str, Facts]:
    mine, theirs = found.mine, found.theirs
    assert mine is not None and theirs is not None
    same = close(mine, theirs, found.rtol, found.atol)
    wrong = np.argwhere(~same)
    first = tuple(int(i) for i in wrong[0])
    with np.errstate(all="ignore"):
        gap = (
            np.abs(mine.astype("float64") - theirs.astype("float64")) if mine.dtype.kind != "c" else abs(mine - theirs)
        )
        finite = gap[np.isfinite(gap)]
    largest = float(finite.max()) if finite.size else float("nan")
    facts |= {
        "index": list(first),
        "expected": _number(theirs[first]),
        "got": _number(mine[first]),
        "wrong": len(wrong),
        "of": int(same.size),
        "largest_error": largest,
        "rtol": found.rtol,
        "atol": found.atol,
        "dtype": found.dtype,
        "shape": list(mine.shape),
        "picture": picture(same, mine, theirs),
    }
    place = f"at {list(first)}" if first else "in its value"
    text = f"{what} differs first {place}: {facts['got']} instead of {facts['expected']}"
    text += f" ({len(wrong)} of {same.size} entries differ" if same.size > 1 else " (it is one number"
    if theirs.dtype.kind in "fc":
        nan_mine, nan_theirs = int(np.isnan(mine).sum()), int(np.isnan(theirs).sum())
        inf_mine, inf_theirs = int(np.isinf(mine).sum()), int(np.isinf(theirs).sum())
        facts |= {"nan": nan_mine, "inf": inf_mine}
        if np.isfinite(largest) and largest > 0:
            text += f"; largest error {largest:.3g}, allowed {found.atol:.3g} + {found.rtol:g}·|expected|"
        if nan_mine > nan_theirs:
            text += f"; {nan_mine} NaN where the reference has {nan_theirs or 'none'}"
        if inf_mine > inf_theirs:
            text += f"; {inf_mine} infinite where the reference has {inf_theirs or 'none'}"
    text += ")."
    note = remark(mine, theirs, same)
    if note:
        facts["remark"] = note
        text += f" {note}"
    return text, facts


def remark(mine: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], same: np.ndarray[Any, Any]) -> str:
    """A pattern in the differences, where one holds: a constant factor, a transpose, one row only …"""
    if mine.dtype.kind == "b" and mine.size > 1 and bool(np.all(mine != theirs)):
        return "Every entry is the opposite of what it should be."
    if mine.dtype.kind != "f" or mine.size < 3:
        return ""
    x, y = mine.astype("float64"), theirs.astype("float64")
    finite = np.isfinite(x) & np.isfinite(y)
    if finite.all():
        if x.ndim >= 2 and x.shape[-1] == x.shape[-2] and np.allclose(x, np.swapaxes(y, -1, -2), rtol=1e-4, atol=1e-6):
            return "It is the transpose of what was expected."
        big = np.abs(y) > 1e-6
        if big.sum() >= 3:
            ratio = x[big] / y[big]
            factor = float(np.median(ratio))
            if np.allclose(ratio, factor, rtol=1e-3) and abs(factor - 1) > 1e-3 and abs(factor) > 1e-6:
                return f"Every entry is off by the same factor, {factor:.4g}."
        shift = x - y
        if np.allclose(shift, shift.ravel()[0], rtol=1e-3, atol=1e-7):
            return f"Every entry is off by the same amount, {float(shift.ravel()[0]):.4g}."
        if not np.any(x):
            return "Every entry is zero."
        flat_x, flat_y = np.sort(x, axis=None), np.sort(y, axis=None)
        if np.allclose(flat_x, flat_y, rtol=1e-4, atol=1e-6):
            return "The numbers are right but stand in other places."
    return _place(same)


def _place(same: np.ndarray[Any, Any]) -> str:
    """Where the wrong entries lie, if in one slice only."""
    for axis in range(same.ndim):
        size = same.shape[axis]
        if size < 3:
            continue
        wrong = np.where(~same.all(axis=tuple(a for a in range(same.ndim) if a != axis)))[0]
        if len(wrong) == 1:
            where = {0: "first", size - 1: "last"}.get(int(wrong[0]), f"index {int(wrong[0])} of")
            return f"Only the {where} slice along dimension {axis} differs."
        if len(wrong) == size - 1:
            right = next(i for i in range(size) if i not in wrong)
            where = {0: "first", size - 1: "last"}.get(right, f"index {right} of")
            return f"Only the {where} slice along dimension {axis} is right."
    return ""


def picture(same: np.ndarray[Any, Any], mine: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> str:
    """A small map of one two-dimensional slice: ``·`` right, ``▲`` too large, ``▼`` too small, ``N`` not finite."""
    if same.ndim == 0 or same.size < 2:
        return ""
    note = ""
    while same.ndim > 2:  # the first slice that holds a difference
        index = int(np.argwhere(~same)[0][0])
        same, mine, theirs = same[index], mine[index], theirs[index]
        note += f"[{index}]"
    if same.ndim == 1:
        same, mine, theirs = same[None], mine[None], theirs[None]
    rows = []
    for r in range(min(same.shape[0], PICTURE_ROWS)):
        row = "".join(
            _mark(bool(same[r, c]), mine[r, c], theirs[r, c]) for c in range(min(same.shape[1], PICTURE_COLUMNS))
        )
        rows.append(row + ("…" if same.shape[1] > PICTURE_COLUMNS else ""))
    if same.shape[0] > PICTURE_ROWS:
        rows.append("…")
    if note:
        rows.insert(0, f"slice {note}")
    return "\n".join(rows)


def _mark(same: bool, mine: Any, theirs: Any) -> str:
    if same:
        return "·"
    if isinstance(mine, (np.floating, np.complexfloating)) and not np.isfinite(mine):
        return "N"
    if isinstance(mine, (np.bool_, np.complexfloating)):
        return "x"
    return "▲" if mine > theirs else "▼"


def _number(value: Any) -> Any:
    """A numpy scalar as plain JSON; floats to five significant digits, as text where JSON has no word."""
    if isinstance(value, (np.bool_, np.integer)):
        return value.item()
    if isinstance(value, np.floating):
        return float(f"{float(value):.5g}") if np.isfinite(value) else str(float(value))
    return str(value)


def _short(value: Any, limit: int = 300) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if value == value and abs(value) != float("inf") else str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shape(value: Any) -> str:
    return shape_text(list(value)) if isinstance(value, list) else str(value)


def _list(names: Any) -> str:
    return ", ".join(map(str, names)) or "none"


def raises_itself(what: dict[str, Any]) -> bool:
    """Whether the exception rose at a ``raise`` of the submission's own, not inside of something that it called."""
    return re.match(r"\s*raise\b", str(what.get("text", ""))) is not None


def not_written(what: dict[str, Any]) -> bool:
    """Whether this is the stub's own exception; torch raises NotImplementedError, too."""
    return what.get("type") == "NotImplementedError" and raises_itself(what)


def raised(what: dict[str, Any], filename: str) -> tuple[str, Facts]:
    """Words for an exception in the submission: the line, what stood there, and the shapes that met."""
    kind, message, line = str(what.get("type")), str(what.get("message") or ""), what.get("line")
    facts: Facts = {
        "raised": kind,
        "line": line,
        "text": what.get("text", ""),
        "locals": what.get("locals", {}),
    }
    at = f" at line {line}" if line else ""
    if not_written(what):
        return f"Not written yet{at}: the stub still raises NotImplementedError.", {"raised": kind, "line": line}
    if "SystemExit" in what.get("bases", ()):
        return f"Your code calls exit(){at}. A check needs it to return.", facts
    if kind in ("SyntaxError", "IndentationError", "TabError"):
        return f"Python cannot read {filename}: {message}{at}: {str(what.get('text', '')).strip()}", facts
    if kind == "AttributeError" and re.fullmatch(".*".join(map(re.escape, MISSING.split("{}"))), message):
        return message[0].upper() + message[1:] + ".", facts
    if not line and kind == "TypeError":
        return f"Your code cannot be called the way the task calls it: {message}", facts
    text = f"{kind}{at}: {message.splitlines()[0] if message else ''}"
    if what.get("misfit"):
        return f"{what['misfit']} ({text})", facts
    return text, facts


__all__ = ["Difference", "describe", "explain", "picture", "raised", "remark"]
