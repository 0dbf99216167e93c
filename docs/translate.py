"""Gradatim in another language: `extract` lists what is read as a catalog, `build` makes the package with its words.

There is no catalog at run time. The source stays as it reads; a translation is a copy of it with other strings.
See "I want to translate it" in CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po
from sentences import Sentence, keys, marks, sentences, translated

ROOT = Path(__file__).parents[1]
PACKAGES = ("tutor", "lessons", "exercises", "graders", "gpt2")
BESIDE = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE", "CHANGELOG.md")
MESSAGES = ("tutor/**/*.py", "lessons/*.py", "exercises/*.py", "graders/*.py", "gpt2/**/*.py")
CHECKS = ("graders/checks/**/test_*.py",)
AUTHORS = frozenset(
    ["graders/effort.py", "graders/proof.py", "graders/repeat.py", "graders/score.py", "graders/variants.py",
     "gpt2/mygpt/test_contracts.py"]
)  # fmt: skip
"""What speaks to those who write exercises, or proves; their words are also names in `graders/scores.json`."""

TOLD = ("title", "task", "hints", "after", "says")
"""The keys of an `exercise.toml` that learners read."""
TOML = re.compile(
    r"^(?P<key>\w+) *= *|(?P<text>\"\"\"(?:\\.|[^\\])*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*')|\#.*",
    re.MULTILINE | re.DOTALL,
)


class Refused(Exception):
    """It cannot be done; what has to be mended, a line each."""


# -- what is read -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One text in its place."""

    file: str
    line: int
    text: str
    kept: tuple[str, ...] = ()
    """What a translation must have: expressions, keys, markup."""

    @property
    def comment(self) -> str:
        """What a translator is told."""
        if not self.kept:
            return ""
        return "Keep every {…} and […] as it is; their order is yours. Words inside of {…} are entries of their own."


def messages() -> Iterator[Entry]:
    """What screens, commands and graders say."""
    for file in _files(MESSAGES):
        yield from _entries(file, _said(file, _tree(file)))


def exercises() -> Iterator[Entry]:
    """Titles, tasks, hints and mistakes of the exercises, and what their checks say."""
    for file in _files(("exercises/*/*/exercise.toml",)):
        source = (ROOT / file).read_text(encoding="utf-8")
        for start, _, text in _toml(source):
            yield Entry(file, source.count("\n", 0, start) + 1, text)
    for file in _files(CHECKS):
        yield from _entries(file, _said(file, _tree(file)))


def _said(file: str, tree: ast.Module) -> list[Sentence]:
    """The sentences of one of our files; of a check only its line, which is its docstring, and what its rules say."""
    if file.startswith("graders/checks/"):
        names = (one.name for one in tree.body if isinstance(one, ast.FunctionDef))
        return sentences(tree, frozenset(name for name in names if name.startswith("test_")), quiet=True)
    found = sentences(tree, _commands().get(file, frozenset()))
    return [one for one in found if one.loud or one.text not in _keys()]


@cache
def _keys() -> frozenset[str]:
    """Words that some part of the program looks for, and so no part may say otherwise."""
    return frozenset(word for file in _files(MESSAGES) for word in keys(_tree(file)) if " " in word)


def _entries(file: str, found: list[Sentence]) -> Iterator[Entry]:
    return (Entry(file, one.line, one.text, tuple(marks(one.node, one.text))) for one in found)


@cache
def _commands() -> dict[str, frozenset[str]]:
    """Functions whose docstrings are help, by file: `cli.py` says ``app.command("list")(learn.list_)``."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(_tree("tutor/cli.py")):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and node.args:
            maker, target = node.func.func, node.args[0]
            if isinstance(maker, ast.Attribute) and maker.attr == "command" and isinstance(target, ast.Attribute):
                found.setdefault(f"tutor/commands/{ast.unparse(target.value)}.py", set()).add(target.attr)
    return {file: frozenset(names) for file, names in found.items()}


def _files(patterns: tuple[str, ...]) -> list[str]:
    found = (path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(pattern))
    return sorted(file for file in found if file not in AUTHORS)


def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def _toml(source: str) -> Iterator[tuple[int, int, str]]:
    """Where the texts of an `exercise.toml` stand that learners read, and what they are."""
    key = ""
    for found in TOML.finditer(source):
        key = found["key"] or key
        if found["text"] and key in TOLD:
            yield found.start(), found.end(), tomllib.loads(f"text = {found['text']}")["text"]


# -- extract ----------------------------------------------------------------------------------------


def extract(entries: Iterable[Entry]) -> Catalog:
    """The catalog of these texts, none of them translated; equal ones are one."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    catalog = Catalog(
        project="Gradatim", version=about["version"], charset="utf-8", fuzzy=False, msgid_bugs_address="",
        header_comment="# Gradatim in another language; see CONTRIBUTING.md for what a translation is.",
    )  # fmt: skip
    for one in entries:
        comments = [one.comment] if one.comment else []
        message = catalog.add(one.text, locations=[(one.file, one.line)], auto_comments=comments)
        message.flags -= {"python-format", "python-brace-format"}  # Babel guesses these; neither is what {…} is here
    return catalog


# -- build ------------------------------------------------------------------------------------------


def known(paths: list[Path]) -> dict[str, str]:
    """What these catalogs translate; what is empty or marked as fuzzy is not yet. Raises Refused."""
    found: dict[str, str] = {}
    for path in paths:
        try:
            with path.open("rb") as file:
                catalog = read_po(file, abort_invalid=True)
        except (OSError, PoFileError, ValueError) as error:
            raise Refused(f"{path} cannot be read: {error}") from None
        done = (one for one in catalog if one.id and one.string and not one.fuzzy)
        found.update({one.id: one.string for one in done if isinstance(one.id, str) and isinstance(one.string, str)})
    return found


def build(words: dict[str, str], out: Path, lessons: Path | None = None) -> int:
    """Make the package in ``out`` with these words, and the files of ``lessons`` in place of ours.

    Return how many places have changed. Raises Refused where a translation lacks what its text has, or has what it
    lacks, and where ``out`` is not empty; nothing is written then.
    """
    if out.exists() and any(out.iterdir()):
        raise Refused(f"{out} is not empty; name a folder to make.")
    new: dict[str, str] = {}
    problems: list[str] = []
    count = 0
    for file in (*_files(MESSAGES), *_files(CHECKS)):
        source = (ROOT / file).read_text(encoding="utf-8")
        tree = ast.parse(source)
        found = _said(file, tree)
        chosen = {id(one.node): words[one.text] for one in found if words.get(one.text, one.text) != one.text}
        problems += [said for one in found if (said := _differs(file, one, chosen.get(id(one.node))))]
        if chosen and not problems:
            try:
                new[file] = translated(source, tree, chosen)
            except ValueError as error:
                problems.append(f"{file}:{error}")
            count += len(chosen)
    for file in _files(("exercises/*/*/exercise.toml",)):
        source = (ROOT / file).read_text(encoding="utf-8")
        for start, end, text in reversed(list(_toml(source))):
            if words.get(text, text) != text:
                source = source[:start] + _toml_text(words[text]) + source[end:]
                new[file], count = source, count + 1
    pages = {f"lessons/{page.relative_to(lessons).as_posix()}": page for page in _pages(lessons)} if lessons else {}
    problems += [
        f"{page}: there is no {file} to put it in place of"
        for file, page in pages.items()
        if not (ROOT / file).exists()
    ]
    if problems:
        raise Refused("\n".join(dict.fromkeys(problems)))
    for package in PACKAGES:
        shutil.copytree(ROOT / package, out / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BESIDE:
        shutil.copy2(ROOT / name, out / name)
    for file, text in new.items():
        (out / file).write_text(text, encoding="utf-8")
    for file, page in pages.items():
        shutil.copy2(page, out / file)
    return count + len(pages)


def _pages(folder: Path) -> list[Path]:
    """Lessons and quiz decks, which are translated as whole files."""
    return [*sorted(folder.glob("*.md")), *sorted(folder.glob("quiz/*.py"))]


def _differs(file: str, one: Sentence, text: str | None) -> str:
    """What the translation of a sentence lacks, and what it has that is not its; empty where all is there."""
    if text is None:
        return ""
    ours, theirs = marks(one.node, one.text), marks(one.node, text)
    lost, strange = ours - theirs, theirs - ours
    said = [f"lacks {' '.join(lost.elements())}"] if lost else []
    said += [f"has {' '.join(strange.elements())}, which the text has not"] if strange else []
    return f"{file}:{one.line}: the translation of {one.text!r} {' and '.join(said)}" if said else ""


def _toml_text(text: str) -> str:
    """A string of TOML on one line."""
    signs = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(signs.get(sign, sign) for sign in text) + '"'


# -- the command ------------------------------------------------------------------------------------


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="do", required=True)
    one = commands.add_parser("extract", help="write the catalog of all that is read")
    one.add_argument("--exercises", action="store_true", help="of exercises and their checks instead")
    one.add_argument("out", type=Path, metavar="OUT.pot")
    other = commands.add_parser("build", help="make the package in another language")
    other.add_argument(
        "--lessons", type=Path, metavar="FOLDER", help="lessons and quiz decks in that language, named as in lessons/"
    )
    other.add_argument("po", type=Path, nargs="+", metavar="PO", help="translated catalogs")
    other.add_argument("out", type=Path, metavar="DIR", help="the folder to make; pip installs it")
    asked = parser.parse_args(argv)
    try:
        if asked.do == "extract":
            catalog = extract(exercises() if asked.exercises else messages())
            with asked.out.open("wb") as file:
                write_po(file, catalog, width=100)
            print(f"{len(catalog)} texts in {asked.out}")
        else:
            count = build(known(asked.po), asked.out, asked.lessons)
            print(f"{count} places are translated. Install it: pip install -c constraints.txt {asked.out}")
    except Refused as refused:
        print(f"{refused}\nNothing was written.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
