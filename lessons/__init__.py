"""What we say: one Markdown file a lesson, read in the order of its name (standard library only)."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parent

_INFO = re.compile(r'\s*(\w+)="([^"]*)"')
_LINK = re.compile(r"^\[([^\]]+)\]\((exercise|quiz):([a-z0-9-]*)\)\s*$")
_LINK_LINE = re.compile(r"\n\[[^\]\n]+\]\((exercise|quiz):([a-z0-9-]*)\)[ \t]*(?=\n|\Z)")
"""The same in a whole lesson: what looks like a link in a piece of code counts as one."""


@dataclass(frozen=True)
class Ask:
    """One drawn question of a deck: its numbers are in the text, its right answer is computed or written."""

    text: str
    code: str = ""
    """Run with torch imported; the value of its last expression is the answer, ``raises`` if it raises."""
    wrong: tuple[str, ...] = ()
    """Distractors, written as answers are; one that equals the answer is dropped, two must remain."""
    why: str = ""
    """One or two sentences, shown after answering."""
    answer: str | None = None
    """The right answer of a question about a concept; such an item has no hidden computation."""
    hidden: str = ""
    """Like ``code``, but not shown: it computes the answer of a question that is asked in words."""
    fixed: str = ""
    """Why the answer of a computed item may be the same at every draw; empty when it varies."""


@dataclass(frozen=True)
class Fence:
    """A runnable piece of a page."""

    index: int
    """Its place among the page's runnable fences, from 0."""
    code: str
    predict: str = ""
    """What the reader is asked before running it; empty when nothing is asked."""
    raises: str = ""
    """Name of the exception that it must raise; empty when it must not."""
    own: str = ""
    """Underscore id of an exercise whose file, the learner's or ours, the page's code finds as ``yours``."""
    output: str | None = None
    """What the page claims it prints, if the page says so."""
    measured: bool = False
    """The numbers in ``output`` were read from a clock: they differ from machine to machine."""


@dataclass(frozen=True)
class Block:
    """One stretch of a page, in reading order."""

    kind: Literal["text", "fence", "exercise", "quiz"]
    text: str
    """Markdown of a text, the code of a fence, or the words of a link."""
    fence: Fence | None = None
    exercise: str = ""
    """Underscore id of the exercise that a link names."""


@dataclass(frozen=True)
class Page:
    """One screenful: Markdown with runnable fences."""

    title: str
    text: str
    """The whole page as written, heading and output blocks included."""
    fences: tuple[Fence, ...]
    blocks: tuple[Block, ...]
    """The same page cut up, without the heading and without output blocks, which belong to their fences."""

    @property
    def codes(self) -> list[str]:
        return [fence.code for fence in self.fences]

    @property
    def own(self) -> str:
        """The exercise whose file the page's code asks for; empty when it asks for none."""
        return next((fence.own for fence in self.fences if fence.own), "")


@dataclass(frozen=True)
class Lesson:
    """One lesson: its heading and, once they are asked for, its pages: the map of the course shows none."""

    id: str
    number: int
    slug: str
    title: str
    track: str
    needs: tuple[str, ...]
    minutes: int
    exercises: tuple[str, ...]
    """Underscore ids, in the order in which the pages first name them."""
    path: Path
    body: str = field(repr=False)
    """The text below the heading."""

    @property
    def deck(self) -> str:
        """Name of the lesson's quiz deck, such as ``03_broadcasting``."""
        return self.path.stem

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """Its pages. Raises ValueError, naming file and page, where one cannot be read."""
        numbered = enumerate(_pages(self.body), 1)
        return tuple(read_page(page, f"{self.path.name}, page {number}") for number, page in numbered)


def _cut(lines: list[str], where: str) -> Iterator[tuple[str, str, int]]:
    """Yield (info, body, line number) for each stretch; ``info`` is "" outside of fences."""
    text: list[str] = []
    fence: list[str] | None = None
    info, begun = "", 1
    for number, line in enumerate(lines, 1):
        if line.startswith("```") and fence is None:
            yield "", "\n".join(text), begun
            text, fence, info, begun = [], [], line[3:].strip() or "text", number
        elif line.rstrip() == "```" and fence is not None:
            yield info, "\n".join(fence), begun
            fence, begun = None, number + 1
        else:
            (text if fence is None else fence).append(line)
    if fence is not None:
        raise ValueError(f"{where}: the fence opened at line {begun} of its page is never closed")
    yield "", "\n".join(text), begun


def _texts(body: str) -> Iterator[Block]:
    """Cut prose at the lines that are links to an exercise or to the quiz."""
    kept: list[str] = []
    for line in body.split("\n"):
        link = _LINK.match(line)
        if link is None:
            kept.append(line)
            continue
        yield Block("text", "\n".join(kept).strip("\n"))
        kept = []
        kind: Literal["exercise", "quiz"] = "exercise" if link[2] == "exercise" else "quiz"
        yield Block(kind, link[1], exercise=link[3].replace("-", "_"))
    yield Block("text", "\n".join(kept).strip("\n"))


def read_page(text: str, where: str = "page") -> Page:
    """Parse one page. Raises ValueError, naming ``where``, when a fence is malformed."""
    lines = text.strip("\n").split("\n")
    if not lines[0].startswith("## "):
        raise ValueError(f"{where}: a page opens with a heading '## …', not {lines[0]!r}")
    blocks: list[Block] = []
    fences: list[Fence] = []
    for info, body, line in _cut(lines[1:], where):
        if not info:
            blocks += [b for b in _texts(body) if b.text or b.kind != "text"]
        elif info.split()[0] == "python":
            words = dict(_INFO.findall(info.removeprefix("python")))
            if _INFO.sub("", info.removeprefix("python")).strip() or set(words) - {"predict", "raises", "own"}:
                raise ValueError(f"{where}: cannot read the fence's first line {info!r}")
            own = words.get("own", "").replace("-", "_")
            fences.append(Fence(len(fences), body, words.get("predict", ""), words.get("raises", ""), own))
            blocks.append(Block("fence", body, fences[-1]))
        elif info in ("output", "output measured"):
            if not blocks or blocks[-1].kind != "fence":
                raise ValueError(f"{where}: the output at line {line} follows no fence")
            fences[-1] = replace(fences[-1], output=body, measured=info.endswith("measured"))
            blocks[-1] = Block("fence", fences[-1].code, fences[-1])
        else:
            blocks.append(Block("text", f"```{info}\n{body}\n```"))
    return Page(lines[0].removeprefix("## ").strip(), "\n".join(lines), tuple(fences), tuple(blocks))


def _pages(body: str) -> Iterator[str]:
    """Split at lines that are exactly ``---``, except inside of a fence."""
    page: list[str] = []
    inside = False
    for line in body.split("\n"):
        if line.startswith("```"):
            inside = not inside
        if line == "---" and not inside:
            yield "\n".join(page)
            page = []
        else:
            page.append(line)
    yield "\n".join(page)


def read(path: Path) -> Lesson:
    """Read one lesson's file. Raises ValueError, naming the file, when it cannot be read as one."""
    lesson = _open(path)
    _ = lesson.pages
    return lesson


def _open(path: Path) -> Lesson:
    text = path.read_text(encoding="utf-8")
    opening = re.match(r"\+\+\+\n(.*?)\n\+\+\+\n", text, re.DOTALL)
    name = re.fullmatch(r"(\d\d)_([a-z0-9_]+)", path.stem)
    if opening is None or name is None:
        raise ValueError(f"{path.name}: a lesson is called NN_name.md and opens with +++ … +++")
    head = tomllib.loads(opening[1])
    body = text[opening.end() :]
    named = dict.fromkeys(name.replace("-", "_") for kind, name in _LINK_LINE.findall(body) if kind == "exercise")
    return Lesson(
        id=head["id"],
        number=int(name[1]),
        slug=name[2],
        title=head["title"],
        track=head["track"],
        needs=tuple(head["needs"]),
        minutes=int(head["minutes"]),
        exercises=tuple(named),
        path=path,
        body=body,
    )


def home_of(exercise: str) -> str | None:
    """Id of the first lesson with a link to the exercise of this underscore id, found without reading the lessons."""
    link = re.compile(rf"^\[[^\]]+\]\(exercise:{exercise.replace('_', '-')}\)\s*$", re.MULTILINE)
    for path in sorted(ROOT.glob("[0-9][0-9]_*.md")):
        if link.search(path.read_text(encoding="utf-8")):
            return f"L{path.stem[:2]}"
    return None


@cache
def lessons() -> tuple[Lesson, ...]:
    """All lessons, in the order of their file names."""
    return tuple(_open(path) for path in sorted(ROOT.glob("[0-9][0-9]_*.md")))


def lesson(name: str) -> Lesson:
    """The lesson called so: ``L03``, ``3``, ``03``, ``broadcasting`` or ``03_broadcasting``.

    Raises KeyError whose message names the nearest ones.
    """
    key = name.strip().lower().replace("-", "_")
    names: dict[str, Lesson] = {}
    for one in lessons():
        for alias in (one.id.lower(), str(one.number), f"{one.number:02}", one.slug, one.deck):
            names[alias] = one
    if key in names:
        return names[key]
    slugs = {one.slug: one for one in lessons()}
    by_id = {one.id.lower(): one for one in lessons()}
    near = difflib.get_close_matches(key, [*slugs, *by_id], n=3, cutoff=0.4)
    found = dict.fromkeys((slugs | by_id)[n] for n in near) or dict.fromkeys(lessons()[:3])
    hint = ", ".join(f"{one.id} {one.slug}" for one in found)
    raise KeyError(f"There is no lesson called {name!r}. Did you mean {hint}?")
