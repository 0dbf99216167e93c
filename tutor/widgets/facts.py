"""The facts behind a failed check: expected and got, place and size of the error, a map, shapes line by line."""

from __future__ import annotations

import re
from typing import Any

from textual.content import Content

from tutor.widgets.bar import markup

_WRONG = re.compile(r"([▲▼xN]+)")
LEGEND = {
    "·": "right",
    "▲": "too large",
    "▼": "too small",
    "x": "wrong",
    "N": "NaN or infinite",
}


def facts(details: dict[str, Any], source: str = "") -> Content | None:
    """All that is known, as a small table with what needs room below it; None when there is nothing."""
    rows = _values(details) + _error(details) + _line(details)
    width = max((len(name) for name, _ in rows), default=0)
    parts = ["\n".join(f"[$foreground-muted]{name:<{width}}[/]  {value}" for name, value in rows)]
    if details.get("picture"):
        parts.append(_picture(str(details["picture"])))
    if details.get("lens"):
        parts.append(_lens(details["lens"], source))
    if details.get("graph"):
        parts.append(f"[b]The graph that autograd has recorded[/]\n{markup(str(details['graph']))}")
    text = "\n\n".join(part for part in parts if part)
    return Content.from_markup(text) if text else None


def _values(details: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if details.get("index"):
        rows.append(("first at", markup(str(details["index"]))))
    for key in ("expected", "got"):
        if key in details:
            color = "$text-success" if key == "expected" else "$text-error"
            rows.append((key, f"[{color}]{markup(_plain(details[key]))}[/]"))
    return rows


def _error(details: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    error, atol, rtol = (details.get(key) for key in ("largest_error", "atol", "rtol"))
    if isinstance(error, (int, float)) and error == error:
        rows.append(("largest error", f"{error:.3g}"))
        if atol is not None and rtol is not None:
            rows.append(("allowed", f"{atol:g} + {rtol:g}·|expected|"))
    if "wrong" in details and "of" in details:
        rows.append(("entries", f"{details['wrong']} of {details['of']} differ"))
    if details.get("shape"):
        dtype = f"  {details['dtype']}" if details.get("dtype") else ""
        rows.append(("tensor", markup(f"({', '.join(map(str, details['shape']))}){dtype}")))
    return rows


def _line(details: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if details.get("line"):
        text = f"  {markup(str(details.get('text', '')).strip())}" if details.get("text") else ""
        rows.append((f"line {details['line']}", text.strip() or "is where it stopped"))
    values = details.get("locals")
    if isinstance(values, dict):
        rows += [(str(name), markup(str(value))) for name, value in list(values.items())[:8]]
    return rows


def _picture(picture: str) -> str:
    used = [f"{sign} {word}" for sign, word in LEGEND.items() if sign in picture]
    lines = []
    for line in picture.split("\n"):
        shown = line if line.startswith("slice") else _WRONG.sub(r"[$text-error]\1[/]", line)
        lines.append(f"  {markup(shown) if shown is line else shown}")
    return "\n".join([*lines, f"[$foreground-muted]  {'   '.join(used)}[/]"])


def _lens(lens: list[dict[str, Any]], source: str) -> str:
    """Each line of the learner's code that ran, with the shapes that flowed through it."""
    code = source.split("\n")
    rows = ["[b]Shapes, line by line[/]"]
    for seen in lens[:40]:
        number = int(seen.get("line", 0))
        text = code[number - 1].strip() if 0 < number <= len(code) else ""
        times = f"  ×{seen['times']}" if seen.get("times", 1) > 1 else ""
        rows.append(f"[$foreground-muted]{number:>4}[/]  {markup(text)}{times}")
        rows += [
            f"        [$text-secondary]{markup(str(name))}  {markup(str(value))}[/]"
            for name, value in (seen.get("values") or {}).items()
        ]
    return "\n".join(rows)


def beside(seen: dict[str, Any]) -> str:
    """What one line of code assigned, in few words, to stand behind it."""
    times = f"  ×{seen['times']}" if seen.get("times", 1) > 1 else ""
    return ", ".join(f"{name} {value}" for name, value in seen["values"].items()) + times


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
