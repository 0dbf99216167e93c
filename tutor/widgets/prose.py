"""Sentences of the course as colored text: paragraphs flow again, `code` stands out."""

from __future__ import annotations

import re

from textual.content import Content

from tutor.widgets.bar import markup

_CODE = re.compile(r"`([^`]+)`")
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


def inline(text: str, code: str = "$text-accent", italic: bool = False) -> str:
    """Markup for one text: `code` in color and not looked into, **strong** bold, everything else as it is."""
    text = text.replace("\0", "\ufffd")  # a learner's message may hold anything; here it stands for code put by
    spans = _CODE.findall(text)
    marked = _BOLD.sub(r"[b]\1[/]", markup(_CODE.sub("\0", text)))
    if italic:
        marked = _ITALIC.sub(r"[i]\1[/]", marked)
    first, *rest = marked.split("\0")
    return first + "".join(f"[{code}]{markup(span)}[/]{after}" for span, after in zip(spans, rest, strict=True))


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
            words += inline(body.replace("\n", " "), "$text-accent on $background", italic=True) + "\n\n"
    return Content.from_markup(words.rstrip("\n"))
