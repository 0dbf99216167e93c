"""Sentences of the course as colored text: paragraphs flow again, `code` stands out."""

from __future__ import annotations

import re

from textual.content import Content

from tutor.widgets.bar import markup

_CODE = re.compile(r"(`[^`]+`)")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_ITALIC = re.compile(r"\*([^*\s][^*]*)\*")
_MORE = re.compile(
    r"^\s*([-+*]\s|\d+[.)]\s|[>|#]|===|---|___)|^ {2,}|  $|[\\<~]|\]\(|\]\[|&\w+;|(?<!\w)_\w", re.MULTILINE
)
"""What needs more of Markdown than `plain` knows."""


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
    return "".join(
        f"[$text-accent]{markup(part[1:-1])}[/]" if part.startswith("`") else _BOLD.sub(r"[b]\1[/]", markup(part))
        for part in _CODE.split(text)
    )


def prose(text: str) -> Content:
    """A text of the course, ready to show."""
    return Content.from_markup(inline(flow(text)))


def plain(text: str, below_heading: str = "\n\n") -> Content | None:
    """Markdown's paragraphs and headings as one text; None where anything else occurs.

    Textual's Markdown makes a widget of each, which a page that opens would wait for: 2 ms apiece.
    """
    words = ""
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        heading = re.fullmatch(r"#{2,3} +([^`*\n]+)", paragraph)
        body = heading[1] if heading else paragraph
        if "``" in body or _MORE.search(_CODE.sub("x", body)):
            return None
        if heading:
            words += f"[b $text-primary]{markup(body)}[/]{below_heading}"
        else:
            words += _line(" ".join(body.split("\n"))) + "\n\n"
    return Content.from_markup(words.rstrip("\n"))


def _line(text: str) -> str:
    words = []
    for part in _CODE.split(text):
        if part.startswith("`"):
            words.append(f"[$text-accent on $background]{markup(part[1:-1])}[/]")
        else:
            words.append(_ITALIC.sub(r"[i]\1[/]", _BOLD.sub(r"[b]\1[/]", markup(part))))
    return "".join(words)
