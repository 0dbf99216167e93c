"""Observations and their rules: what a check saw, and how the judge compares it with what it saw on the reference.

A check never decides anything. It hands over a value under a name, with a rule that says what is free:

* ``equal``   the reference's value, up to a tolerance from the dtype
* ``one_of``  the value of the reference or of one of the other accepted answers
* ``holds``   a named predicate, computed here from the raw data that was sent
* ``law``     a statistic of the value lies where chance puts it, with a stated false-alarm rate
* ``at_most`` a number no larger than a bound, or than a multiple of the reference's
* ``noted``   anything: it is only there to tell mistakes apart

The rule that counts is the one in the *reference's* log: a submission cannot loosen it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from graders.predicates import PREDICATES
from graders.values import Seen, describe, plain
from graders.wire import Broken, Node, array

Rule = dict[str, Any]

TOLERANCE: dict[str, tuple[float, float]] = {
    "float64": (1e-7, 1e-8),
    "float32": (1e-4, 1e-5),
    "float16": (5e-3, 2e-3),
    "bfloat16": (3e-2, 1e-2),
    "complex64": (1e-4, 1e-5),
    "complex128": (1e-7, 1e-8),
}
"""Relative and absolute tolerance by dtype: a few hundred roundings of that format, far below any real mistake.

The absolute part grows with the largest expected entry, where that is above 1: an entry near 0 among entries of 50 is
the difference of large numbers, and carries their roundings.
"""


def equal(
    rtol: float | None = None,
    atol: float | None = None,
    same: tuple[str, ...] = (),
    because: str = "",
    says: str = "",
    secret: bool = False,
    slips: int = 0,
) -> Rule:
    """The reference's value. Shape, dtype and device always count; ``same`` adds ``contiguous``, ``requires_grad``,
    ``leaf``. Without a tolerance the dtype's own is taken; ``because`` says where another one comes from.
    ``says`` is a sentence to open the verdict with. ``secret`` keeps the expected value out of the verdict: for
    predictions, which a second try could copy. ``slips`` is how many secret values of the check may be wrong."""
    words = {"because": because, "says": says}
    told = {"secret": secret, "slips": slips}
    return {"rule": "equal", "rtol": rtol, "atol": atol, "same": list(same), **told, **words}


def one_of(rtol: float | None = None, atol: float | None = None) -> Rule:
    """The value of the reference or of any other answer listed as accepted in exercise.toml."""
    return {"rule": "one_of", "rtol": rtol, "atol": atol, "same": [], "because": ""}


def holds(predicate: str, says: str, **given: Any) -> Rule:
    """A predicate from PREDICATES, by name; ``says`` is what the learner reads when it does not hold.

    It is taken from the reference's log: a sentence that does not depend on what the submission did.
    """
    return {"rule": "holds", "predicate": predicate, "says": says, "given": given}


def noted() -> Rule:
    """Anything goes; but two wrong answers are the same mistake only where this value agrees too."""
    return {"rule": "noted"}


def law(mean: float, std: float, sigmas: float = 6.0, says: str = "") -> Rule:
    """The entries look like independent draws with this mean and standard deviation.

    Mean and standard deviation of the sample must lie within ``sigmas`` standard errors of their own; at 6 the false
    alarm rate is below 2e-9 for each, normal or uniform entries alike.
    """
    return {"rule": "law", "mean": mean, "std": std, "sigmas": sigmas, "says": says}


def at_most(bound: float | None = None, times: float = 1.0, says: str = "") -> Rule:
    """A number not above ``bound``; without a bound, not above ``times`` the reference's own number."""
    return {"rule": "at_most", "bound": bound, "times": times, "says": says}


@dataclass(frozen=True)
class Difference:
    """Why an observation is not accepted."""

    kind: str
    """What differs: ``kind``, ``shape``, ``dtype``, ``device``, ``property``, ``values``, ``length``, ``keys``, …"""
    where: str
    """Path inside the value, such as ``[0]`` or ``['loss']``; empty for the value itself."""
    expected: Any
    got: Any
    note: str = ""
    mine: np.ndarray[Any, Any] | None = None
    theirs: np.ndarray[Any, Any] | None = None
    rtol: float = 0.0
    atol: float = 0.0
    dtype: str = ""


def judge(mine: Seen, theirs: list[Seen]) -> Difference | None:
    """Compare one observation of the submission with the same one of the reference (first) and other accepted answers.

    Returns None where the rule accepts it.
    """
    rule = theirs[0].rule
    kind = rule["rule"]
    if kind == "equal":
        return differs(mine, theirs[0], rule)
    if kind == "one_of":
        found = [differs(mine, other, rule) for other in theirs]
        return None if None in found else found[0]
    if kind == "holds":
        return _judge_holds(mine, rule)
    if kind == "noted":
        return None
    if kind == "law":
        return _judge_law(mine, rule)
    return _judge_at_most(mine, theirs[0], rule)


def differs(mine: Seen, theirs: Seen, rule: Rule | None = None) -> Difference | None:
    """The first difference between two observed values under an ``equal`` rule, or None."""
    rule = rule or theirs.rule
    return _differ(mine.node, mine.payload, theirs.node, theirs.payload, rule, "")


def _differ(a: Node, ap: bytes, b: Node, bp: bytes, rule: Rule, where: str) -> Difference | None:
    if a.get("k") != b.get("k"):
        return Difference("kind", where, describe(b), describe(a))
    kind = b["k"]
    if kind == "tensor":
        return _differ_tensor(a, ap, b, bp, rule, where)
    if kind == "plain":
        return _differ_plain(a, b, rule, where)
    if kind == "object":
        same = a.get("type") == b.get("type")
        return None if same else Difference("kind", where, describe(b), describe(a))
    if kind == "raised":
        return None
    mine, theirs = a.get("v"), b["v"]
    if not isinstance(mine, list):
        raise Broken("a list without its items")
    if a.get("t") != b["t"]:
        return Difference("kind", where, describe(b), describe(a))
    if kind == "dict":
        keys, wanted = [repr(plain(k)) for k in a["keys"]], [repr(plain(k)) for k in b["keys"]]
        if sorted(keys) != sorted(wanted):
            return Difference("keys", where, wanted, keys)
        mine = [mine[keys.index(k)] for k in wanted]
        names = [f"[{k}]" for k in wanted]
    else:
        if len(mine) != len(theirs):
            return Difference("length", where, len(theirs), len(mine))
        names = [f"[{i}]" for i in range(len(theirs))]
    for name, x, y in zip(names, mine, theirs, strict=True):
        found = _differ(x, ap, y, bp, rule, where + name)
        if found:
            return found
    return None


def _differ_plain(a: Node, b: Node, rule: Rule, where: str) -> Difference | None:
    mine, theirs = a.get("v"), b["v"]
    if a.get("t") != b["t"]:
        return Difference("kind", where, describe(b), describe(a))
    if b["t"] != "float":
        return None if mine == theirs else Difference("values", where, theirs, mine)
    rtol, atol = _tolerance(rule, "float64")
    near = mine == theirs or (mine != mine and theirs != theirs) or abs(mine - theirs) <= atol + rtol * abs(theirs)
    if near:
        return None
    return Difference("values", where, theirs, mine, rtol=rtol, atol=atol, dtype="float")


def _differ_tensor(a: Node, ap: bytes, b: Node, bp: bytes, rule: Rule, where: str) -> Difference | None:
    for key in ("shape", "dtype", "device"):
        if a[key] != b[key]:
            return Difference(key, where, b[key], a[key])
    for key in rule.get("same", ()):
        if a[key] != b[key]:
            return Difference("property", where, b[key], a[key], note=key)
    mine, theirs = array(a, ap), array(b, bp)
    if theirs is None or mine is None:
        return None if mine is theirs else Difference("kind", where, describe(b), describe(a))
    rtol, atol = _tolerance(rule, b["dtype"])
    if rule.get("atol") is None and theirs.dtype.kind in "fc" and theirs.size:
        sizes = np.abs(theirs[np.isfinite(theirs)])
        atol *= max(1.0, float(sizes.max())) if sizes.size else 1.0
    if bool(np.all(close(mine, theirs, rtol, atol))):
        return None
    return Difference(
        "values",
        where,
        describe(b),
        describe(a),
        mine=mine,
        theirs=theirs,
        rtol=rtol,
        atol=atol,
        dtype=b["dtype"],
    )


def close(mine: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], rtol: float, atol: float) -> np.ndarray[Any, Any]:
    """Elementwise |mine − theirs| ≤ atol + rtol·|theirs|; NaN agrees with NaN, ∞ with ∞; whole numbers exactly."""
    if theirs.dtype.kind in "biu":
        return np.asarray(mine == theirs)
    with np.errstate(all="ignore"):
        x, y = (
            mine.astype("complex128" if theirs.dtype.kind == "c" else "float64"),
            theirs.astype("complex128" if theirs.dtype.kind == "c" else "float64"),
        )
        near = np.abs(x - y) <= atol + rtol * np.abs(y)
        return np.asarray((x == y) | (near & np.isfinite(x) & np.isfinite(y)) | (np.isnan(x) & np.isnan(y)))


def _tolerance(rule: Rule, dtype: str) -> tuple[float, float]:
    default = TOLERANCE.get(dtype, (0.0, 0.0))
    rtol = default[0] if rule.get("rtol") is None else rule["rtol"]
    atol = default[1] if rule.get("atol") is None else rule["atol"]
    return float(rtol), float(atol)


def _judge_holds(mine: Seen, rule: Rule) -> Difference | None:
    try:
        ok = PREDICATES[rule["predicate"]](mine, **rule["given"])
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, Broken):
        ok = False  # data of another kind than the predicate is about
    if ok:
        return None
    if rule["predicate"] == "raised":
        got = (
            f"it raised {describe(mine.node)}"
            if mine.node.get("k") == "raised"
            else f"it returned {describe(mine.node)}"
        )
        return Difference("property", "", "an exception", got, note=rule["says"])
    return Difference("property", "", rule["says"], plain(mine.node), note=rule["says"])


def _judge_law(mine: Seen, rule: Rule) -> Difference | None:
    values = array(mine.node, mine.payload) if mine.node.get("k") == "tensor" else None
    if values is None or values.size < 2 or values.dtype.kind != "f":
        return Difference("kind", "", "a tensor of real numbers", describe(mine.node))
    x = values.astype("float64").ravel()
    n = x.size
    mean, std = float(x.mean()), float(x.std(ddof=1))
    # The kurtosis of normal and uniform draws is at most 3, hence the standard error of the standard deviation.
    room_mean, room_std = (
        rule["sigmas"] * rule["std"] / math.sqrt(n),
        rule["sigmas"] * rule["std"] / math.sqrt(2 * n),
    )
    if abs(mean - rule["mean"]) <= room_mean and abs(std - rule["std"]) <= room_std:
        return None
    expected = f"mean {rule['mean']:.4g} ± {room_mean:.2g}, standard deviation {rule['std']:.4g} ± {room_std:.2g}"
    return Difference("law", "", expected, f"mean {mean:.4g}, standard deviation {std:.4g}", note=rule["says"])


def _judge_at_most(mine: Seen, theirs: Seen, rule: Rule) -> Difference | None:
    value, reference = plain(mine.node), plain(theirs.node)
    if type(value) not in (int, float) or value != value:
        return Difference("kind", "", "a number", describe(mine.node))
    bound = rule["bound"] if rule["bound"] is not None else rule["times"] * reference
    return None if value <= bound else Difference("bound", "", bound, value, note=rule["says"])
