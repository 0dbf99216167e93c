"""Which known mistake does this log look like? A name needs agreement on every fresh seed."""

from __future__ import annotations

import re
from typing import Any

from graders.explain import raises_itself
from graders.log import CheckLog
from graders.observe import Difference, differs, equal, judge
from graders.values import Seen
from graders.wire import Broken

LOOSE: dict[str, tuple[float, float]] = {"float32": (2e-3, 2e-4), "float64": (1e-5, 1e-7)}


def agrees(mine: CheckLog, theirs: CheckLog, reference: list[CheckLog], signature: str) -> bool:
    """Does the submission behave in this check as the mistake does, and the mistake not as the reference?

    ``values``: the same observations are wrong and every observation, right or wrong, has the same value.
    ``raises``: both end in the same exception. ``property``: the same rules are broken, whatever the values.
    ``timeout``: both never end.
    """
    if signature == "timeout":
        return mine.hung and theirs.hung
    if signature == "raises":
        return _same_exception(mine.raised, theirs.raised)
    wrong_mine, wrong_theirs = broken_rules(mine, reference), broken_rules(theirs, reference)
    if not wrong_theirs or wrong_mine != wrong_theirs:
        return False
    if bool(mine.raised) != bool(theirs.raised) or (mine.raised and not _same_exception(mine.raised, theirs.raised)):
        return False
    if signature == "property":
        return True
    return len(mine.seen) == len(theirs.seen) and all(
        a.name == b.name and _alike(a, b, reference[0].seen[i].rule if i < len(reference[0].seen) else equal())
        for i, (a, b) in enumerate(zip(mine.seen, theirs.seen, strict=True))
    )


def agrees_where_wrong(mine: CheckLog, theirs: CheckLog, reference: list[CheckLog], signature: str) -> bool:
    """For predictions, whose answers are constants: every wrong answer of the learner's is the mistake's own."""
    wrong = broken_rules(mine, reference)
    return bool(wrong) and all(i < len(theirs.seen) and _alike(mine.seen[i], theirs.seen[i], equal()) for i in wrong)


def broken_rules(mine: CheckLog, reference: list[CheckLog]) -> set[int]:
    """Numbers of the observations in one check that the reference's rules do not accept."""
    wrong: set[int] = set()
    for i, seen in enumerate(mine.seen):
        if i >= len(reference[0].seen) or seen.name != reference[0].seen[i].name:
            wrong.add(i)
            continue
        try:
            found: Difference | None = judge(seen, [log.seen[i] for log in reference if i < len(log.seen)])
        except (Broken, KeyError, TypeError, ValueError):
            wrong.add(i)
            continue
        if found:
            wrong.add(i)
    return wrong


def _alike(a: Seen, b: Seen, rule: dict[str, Any]) -> bool:
    if rule["rule"] in ("holds", "law", "at_most") and a.node.get("k") != "tensor":
        return True  # events, counts and exceptions are compared as rules, not word by word
    if rule["rule"] == "law":
        return True
    try:
        rtol, atol = LOOSE.get(_coarsest(b.node), (None, None))
        return differs(a, b, equal(rtol, atol)) is None
    except (Broken, KeyError, TypeError, ValueError):
        return False


def _coarsest(node: dict[str, Any]) -> str:
    """The dtype that says how closely two values must agree: of several tensors, that of the coarsest."""
    if "dtype" in node:
        return str(node["dtype"])
    inside = {_coarsest(each) for each in node["v"]} if isinstance(node.get("v"), list) else set()
    return "float32" if "float32" in inside else "float64"


def _same_exception(a: dict[str, Any] | None, b: dict[str, Any] | None) -> bool:
    """The same type and words; what a file raises itself, by ``raise``, may say it in words of its own."""
    if not a or not b or a.get("type") != b.get("type"):
        return False
    return _words(a) == _words(b) or (raises_itself(a) and raises_itself(b))


def _words(raised: dict[str, Any]) -> str:
    """An exception's text without addresses and spacing."""
    return re.sub(r"0x[0-9a-f]+|\s+", " ", str(raised.get("message", ""))).strip()
