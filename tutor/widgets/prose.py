"""Sentences of the course as colored text: paragraphs flow again, `code` stands out."""

from __future__ import annotations

import re

from textual.content import Content

from tutor.widgets.bar import markup

_CODE = re.compile(r"`([^`]+)`")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")


def flow(text: str) -> str:
    """Join the lines of each paragraph; lists and indented lines keep their own."""
    paragraphs = re.split(r"\n\s*\n", text.strip("\n"))
    return "\n\n".join(_join(paragraph) for paragraph in paragraphs)


def _join(paragraph: str) -> str:
    joined: list[str] = []
    for line in paragraph.split("\n"):
        own = not joined or re.match(r"\s{2,}|\s*([-*•]|\d+\.)\s", line)
        if own:
            joined.append(line)
        else:
            joined[-1] += " " + line.strip()
    return "\n".join(joined)


def inline(text: str) -> str:
    """Markup for one text: `code` in color, **strong** bold, everything else as it is."""
    text = _CODE.sub(r"[$text-accent]\1[/]", markup(text))
    return _BOLD.sub(r"[b]\1[/]", text)


def prose(text: str) -> Content:
    """A text of the course, ready to show."""
    return Content.from_markup(inline(flow(text)))
