"""What we ask: one folder an exercise, found by its name; nothing is registered anywhere (standard library only)."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, TypeVar

ROOT = Path(__file__).parent
CHECKS = ROOT.parent / "graders" / "checks"
T = TypeVar("T")


class _Later(Generic[T]):
    """A field that may be given as a function: it is called when the field is first asked for."""

    def __init__(self, default: T) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, one: object, owner: type | None = None) -> T:
        if one is None:  # a dataclass looks for the default
            return self._default
        value = one.__dict__[self._name]
        if callable(value):
            value = one.__dict__[self._name] = value()
        found: T = value
        return found

    def __set__(self, one: object, value: T | Callable[[], T]) -> None:
        one.__dict__[self._name] = value


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that learners really write: `answer.py` with one thing done wrong."""

    name: str
    says: str
    """What the learner is told when their work behaves like this: the observation, then a question."""
    check: str
    """The test function at which it must fail first."""
    signature: str = "values"
    """How it is recognized: ``values``, ``raises``, ``property`` or ``timeout``."""
    edits: tuple[tuple[str, str], ...] = ()
    """Replacements in answer.py, each text found exactly once."""
    code: str = ""
    """A whole file instead, where edits would not read well."""
    also: tuple[tuple[tuple[str, str], ...], ...] = ()
    """Edits that make the same mistake in another form, where it shows otherwise: NaN in place of zeros, say."""

    def source(self, answer: str) -> str:
        """The wrong file itself. Raises ValueError when an edit's text is not found exactly once."""
        return self.code or self._edited(answer, self.edits)

    def forms(self, answer: str) -> list[str]:
        """The wrong file in each of its forms, the plain one first. Raises as `source` does."""
        return [self.source(answer), *(self._edited(answer, edits) for edits in self.also)]

    def _edited(self, answer: str, edits: tuple[tuple[str, str], ...]) -> str:
        for old, new in edits:
            if answer.count(old) != 1:
                raise ValueError(f"mistake {self.name}: {old!r} stands {answer.count(old)} times in answer.py")
            answer = answer.replace(old, new)
        return answer


@dataclass(frozen=True)
class Forbidden:
    """Calls that this exercise asks the learner to do without."""

    ops: tuple[str, ...]
    """Words looked for in the names of torch's functions and aten operations; ``*`` means any operation."""
    says: str
    """Why, in one sentence."""


@dataclass(frozen=True)
class Exercise:
    """Everything but the code: what `exercise.toml` says, and where its files are."""

    id: str
    topic: str
    title: str
    kind: str
    """``implement``, ``fix``, ``predict``, ``loop`` or ``faster``."""
    task: str
    """One or two sentences: what to do, and what it is for."""
    minutes: int
    difficulty: int
    importance: int
    tier: str
    entry: tuple[str, ...]
    """Names that the file must define."""
    folder: Path
    hints: _Later[tuple[str, ...]] = _Later(())
    after: _Later[str] = _Later("")
    """Shown after passing: why it works, what it costs, what production code calls it."""
    needs: tuple[str, ...] = ()
    mistakes: _Later[Sequence[Mistake]] = _Later(())
    forbids: _Later[Sequence[Forbidden]] = _Later(())
    package: str = ""
    """A package that is not always installed and without which this cannot be judged; the extra that brings it has
    the same name."""
    slot: str | None = None
    """The part of the learner's GPT-2 that this exercise fills, if any."""
    graph: bool = False
    """Whether what a failure shows includes the graph that autograd has recorded."""
    seconds: float = 10.0
    """Wall-clock limit of one check."""
    memory_mb: int = 1024
    """Memory that a check may take beyond what the grader holds at its start."""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name as learners type it: with dashes."""
        return self.id.replace("_", "-")

    @property
    def locked(self) -> str:
        """What is missing on this machine and how to get it, as a sentence; empty where nothing is."""
        if not self.package or find_spec(self.package):
            return ""
        return f"This exercise needs {self.package}, which is not installed: pip install 'gradatim[{self.package}]'"

    @property
    def check(self) -> str:
        """Path of the check file below ``graders/checks``."""
        return f"{self.topic}/test_{self.id}.py"

    def text(self, name: str) -> str:
        """The text of one of the exercise's files, such as ``answer.py``."""
        return (self.folder / name).read_text(encoding="utf-8")

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    @cached_property
    def content_hash(self) -> str:
        """Changes when what is asked changes, or what passes; not with hints, the words of mistakes, or minutes."""
        import hashlib

        asked = (self.task, self.kind, self.entry, self.package, self.seconds, self.memory_mb, self._forbidden())
        digest = hashlib.sha256(repr((*asked, self.text("start.py"))).encode())
        files = [self.folder / name for name in ("answer.py", "questions.py", *self.extra.get("accepts", ()))]
        for path in (*files, CHECKS / self.check):
            if path.exists():
                digest.update(_code(path.read_text(encoding="utf-8")))
        return digest.hexdigest()[:16]

    def _forbidden(self) -> list[list[str]]:
        """The forbidden operations, without the cost of reading the tables of the mistakes."""
        tables = "".join(_FORBIDS.findall(self.text("exercise.toml")))
        try:
            return [table["ops"] for table in tomllib.loads(tables).get("forbids", ())]
        except tomllib.TOMLDecodeError:  # the line was one of a text's
            return [list(table.ops) for table in self.forbids]


_LATER = ("hints", "after", "mistakes", "forbids")
_REST = re.compile(rf"^(?:\[\[)?(?:{'|'.join(_LATER)})(?:\]\]| *=)", re.MULTILINE)
"""Where what the map of the course does not show begins: nine tenths of the file."""

_FORBIDS = re.compile(r"^\[\[forbids\]\]$.*?(?=^\[\[|\Z)", re.MULTILINE | re.DOTALL)


def _code(text: str) -> bytes:
    """A text of Python without what does nothing: comments on lines of their own, and empty lines."""
    return "\n".join(row for line in text.splitlines() if (row := line.rstrip()).lstrip()[:1] not in ("", "#")).encode()


def _parsed(path: Path) -> dict[str, Any]:
    """What the file says. Raises ValueError, naming the file, where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.relative_to(ROOT)}: {error}") from None


def _head(path: Path) -> dict[str, Any]:
    """What the file says above its hints. Raises as `_parsed` does."""
    try:
        return tomllib.loads(_REST.split(path.read_text(encoding="utf-8"), maxsplit=1)[0])
    except tomllib.TOMLDecodeError:  # the line was one of a text's, or there is a mistake in the file
        return {key: value for key, value in _parsed(path).items() if key not in _LATER}


def _mistake(table: dict[str, Any]) -> Mistake:
    return Mistake(
        name=table["name"],
        says=table["says"].strip(),
        check=table["check"],
        signature=table.get("signature", "values"),
        edits=tuple((old, new) for old, new in table.get("edits", ())),
        code=table.get("code", ""),
        also=tuple(tuple((old, new) for old, new in edits) for edits in table.get("also", ())),
    )


def _forbidden(table: dict[str, Any]) -> Forbidden:
    return Forbidden(tuple(table["ops"]), table["says"])


def _read(folder: Path) -> Exercise:
    path = folder / "exercise.toml"
    head = _head(path)

    @cache
    def rest() -> dict[str, Any]:
        found = _parsed(path)
        if late := found.keys() - head.keys() - {*_LATER}:
            raise ValueError(f"{path.relative_to(ROOT)}: {', '.join(sorted(late))} must stand above hints and after")
        return found

    known = {key: head[key] for key in head if key in Exercise.__dataclass_fields__}
    for key in ("entry", "needs"):
        known[key] = tuple(known.get(key, ()))
    known["task"] = known["task"].strip()
    return Exercise(
        id=folder.name,
        topic=folder.parent.name,
        folder=folder,
        hints=lambda: tuple(rest().get("hints", ())),
        after=lambda: rest().get("after", "").strip(),
        mistakes=lambda: tuple(map(_mistake, rest().get("mistakes", ()))),
        forbids=lambda: tuple(map(_forbidden, rest().get("forbids", ()))),
        extra={key: head[key] for key in head if key not in known},
        **known,
    )


class _Shelf(Mapping[str, Exercise]):
    """Exercises by id; each is read when it is asked for, since a command often needs one of a hundred."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders
        self._read: dict[str, Exercise] = {}

    def __getitem__(self, key: str) -> Exercise:
        if key not in self._read:
            self._read[key] = _read(self._folders[key])
        return self._read[key]

    def __contains__(self, key: object) -> bool:
        return key in self._folders

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)


@cache
def exercises() -> Mapping[str, Exercise]:
    """All exercises by id. Raises when two folders share a name."""
    folders: dict[str, Path] = {}
    for path in sorted(ROOT.glob("*/*/exercise.toml")):
        if path.parent.name in folders:
            raise ValueError(f"two exercises are called {path.parent.name}")
        folders[path.parent.name] = path.parent
    return _Shelf(folders)


def exercise(name: str) -> Exercise:
    """The exercise called so, with ``-`` or ``_``, with or without its lesson or topic in front.

    Raises KeyError whose message names the nearest ones.
    """
    key = name.rsplit("/", 1)[-1].strip().lower().replace("-", "_")
    known = exercises()
    if key in known:
        return known[key]
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.6)
    hint = f" Did you mean {', '.join(n.replace('_', '-') for n in near)}?" if near else ""
    raise KeyError(f"There is no exercise called {name!r}.{hint}")
