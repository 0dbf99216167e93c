"""The text to train on: the documentation that is on every machine, or what `data=` names instead."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
import re
import shutil
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib import util
from pathlib import Path

from gpt2 import catalog
from gpt2.catalog import cache_folder

VERSION = 3  # of the cleaning below: part of every cache key
VAL_SHARE = 0.06  # of the documents, drawn by the hash of their names
SKIPPED = {"site-packages", "dist-packages", "test", "tests", "testing", "__pycache__", "idlelib", "lib2to3",
           "turtledemo", "_inductor", "_vendor", "third_party", "fuzzer", "include", "share"}  # fmt: skip
SHARDS = {".bin", ".npy"}  # files of token ids
TEXT_FILES = {".txt", ".md", ".rst", ".py", ".html", ".csv", ".json", ".jsonl", ".tex"}

ROLE = re.compile(r":[\w:+-]+:`~?\.?([^`<]+?)(?:\s*<[^`]*>)?`")
LITERAL = re.compile(r"``([^`]+)``|`([^`]+)`_*")
STRONG = re.compile(r"(?<!\w)(\*\*|\*)([^*\n]+)\1(?!\w)")
BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
FIELD = re.compile(r"^\s*(?:[\w.*]+\s*(?:\([^)]*\))?:\s|:(?:param|type|returns?|rtype|raises)\b)")
PART = re.compile(r"(?<![a-z])(train|val|valid|validation|test)(?![a-z])")
WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")


@dataclass(frozen=True)
class Document:
    """One file's text, in the part of the corpus ("train" or "val") that its name drew."""

    name: str
    split: str
    text: str


def store(target: Path, files: dict[str, bytes]) -> Path:
    """Put `files` into the folder `target`, all or none; whoever comes second keeps the first one's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    try:
        for name, content in files.items():
            (made / name).write_bytes(content)
        made.rename(target)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
        if not target.is_dir():
            raise
    return target


def split_of(name: str) -> str:
    """Draw a document's part from its name alone, so that no other document can move it."""
    draw = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    return "val" if draw < VAL_SHARE else "train"


# --- documentation ---------------------------------------------------------------------------------


def sources() -> list[tuple[str, Path]]:
    """Every source file of the standard library and of torch, by name and in one fixed order."""
    roots = [("python", Path(sysconfig.get_paths()["stdlib"]))]
    spec = util.find_spec("torch")  # finds the folder without importing it
    if spec is not None and spec.origin is not None:
        roots.append(("torch", Path(spec.origin).parent))
    found = []
    for label, root in roots:
        for folder, inner, names in os.walk(root):
            inner[:] = [name for name in inner if name not in SKIPPED]
            for name in names:
                if name.endswith(".py"):
                    path = Path(folder, name)
                    found.append((f"{label}/{path.relative_to(root).as_posix()}", path))
    return sorted(found)


def docstrings(source: str) -> Iterator[str]:
    """Yield a file's documentation in the order in which it stands, read as text and never run.

    That is every docstring, and every other long string that reads like one: torch documents its C
    functions by `add_docstr(torch.add, "...")`, Python its language by a dictionary of topics.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a library's invalid escapes are not the reader's business
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    pieces: list[tuple[int, str]] = []
    seen: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            seen.update(id(inner) for inner in ast.walk(node))
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in seen:
            continue
        if len(node.value) >= 60 and node.value.count(" ") >= 8:
            pieces.append((node.lineno, node.value))
    for _, piece in sorted(pieces, key=lambda pair: pair[0]):
        yield inspect.cleandoc(piece)


def plain(line: str) -> str:
    """Take reStructuredText's marks off a line and leave its words."""
    line = ROLE.sub(r"\1", line)
    line = LITERAL.sub(lambda found: found.group(1) or found.group(2), line)
    return STRONG.sub(r"\2", line).replace("::", ":")


def is_prose(text: str) -> bool:
    """Tell a paragraph of English from code, tables, formulas and lists of names."""
    words = WORD.findall(text)
    if len(words) < 7 or "\\" in text or ">>>" in text or "$" in text:
        return False
    letters = sum(map(str.isalpha, text)) + text.count(" ")
    lower = sum(word.islower() for word in words)
    return letters / len(text) > 0.88 and lower / len(words) > 0.65 and text.isascii()


def paragraphs(docstring: str) -> Iterator[str]:
    """Yield the prose paragraphs of a docstring, each unwrapped to one line."""
    for block in re.split(r"\n\s*\n", docstring):
        items: list[str] = []
        if block.lstrip().startswith((">>>", "..", "+-", "=", "#", "{", "<", "def ", "class ")):
            continue
        for line in block.splitlines():
            line = plain(line)
            if not items or BULLET.match(line) or FIELD.match(line):
                items.append(line.strip())
            else:
                items[-1] += " " + line.strip()
        for item in items:
            item = re.sub(r"\s+", " ", item)
            if is_prose(item):
                yield item


def documentation() -> Iterator[Document]:
    """Yield one document a file, without any paragraph that another document already had."""
    met: set[str] = set()
    for name, path in sources():
        try:
            source = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        kept = []
        for docstring in docstrings(source):
            own = []
            for paragraph in paragraphs(docstring):
                key = re.sub(r"\W+", "", paragraph).lower()
                if key not in met:
                    met.add(key)
                    own.append(paragraph)
            if own:
                kept.append("\n".join(own))
        text = "\n\n".join(kept)
        if len(text) >= 200:
            yield Document(name, split_of(name), text + "\n")


# --- what data= names ------------------------------------------------------------------------------


def place(data: str) -> Path | None:
    """Return the file or folder that `data` names, or None for "docs", which is everywhere.

    A name of the catalog is what was fetched under it, even where a file of yours is called so, too.
    Raises ValueError where there is nothing, or not yet.
    """
    if data == "docs":
        return None
    if data.lower().replace("_", "-") in catalog.CORPORA:
        return catalog.place(data)
    path = Path(data).expanduser()
    if not path.exists():
        names = ", ".join(("docs", *catalog.CORPORA))
        raise ValueError(f"data={data}: there is no such file or folder; the names are {names}")
    return path


def shards(data: str) -> dict[str, list[Path]]:
    """Return the token shards that `data` names, as {"train": …, "val": …}, or {} where it is text.

    Shards are a .bin or .npy file, or a folder with such files: those with "val" in their names are for
    validation, those with "test" for neither. Raises ValueError where there are none to train on.
    """
    path = place(data)
    if path is None or (path.is_file() and path.suffix not in SHARDS):
        return {}
    if path.is_file():
        return {"train": [path], "val": []}
    files = sorted(file for file in path.iterdir() if file.is_file())
    parts: dict[str, list[Path]] = {"train": [], "val": [], "test": []}
    marked = False
    for file in files:
        if file.suffix in SHARDS and not file.name.startswith("."):
            found = PART.search(file.stem.lower())
            part = found[1] if found else "train"
            parts["val" if part.startswith("val") else part].append(file)
            marked |= found is not None
    if not any(parts.values()) or (not marked and any(file.suffix.lower() in TEXT_FILES for file in files)):
        return {}
    if not parts["train"]:
        raise ValueError(f"data={data}: no shard in it is meant for training")
    return {"train": parts["train"], "val": parts["val"]}


def own_text(path: Path) -> Iterator[Document]:
    """Yield the documents of a text file or of a folder of them.

    A folder's documents are its files, hidden ones left out. A single file is cut into about a hundred
    pieces at blank lines (or, lacking those, at line ends), and each piece is a document. A document that
    repeats another goes where that one went: else the model would be asked about what it was shown.
    Raises ValueError where there is no text.
    """
    if path.is_dir():
        inside = ((file, file.relative_to(path)) for file in sorted(path.rglob("*")))
        documents = [
            (name.as_posix(), file.read_text("utf-8", "replace"))
            for file, name in inside
            if file.suffix.lower() in TEXT_FILES and not any(part.startswith(".") for part in name.parts)
            if file.is_file()
        ]
    else:
        text = path.read_text("utf-8", "replace")
        between = "\n\n" if text.count("\n\n") >= 40 else "\n"
        parts = text.split(between)
        size = max(1, len(parts) // 100)
        chunks = [between.join(parts[i : i + size]) + between for i in range(0, len(parts), size)]
        documents = [(f"{path.name}#{i}", chunk) for i, chunk in enumerate(chunks)]
    if strange := next((name for name, text in documents if "\0" in text or text.count("�") > len(text) // 20), None):
        raise ValueError(f"data={path}: {strange.partition('#')[0]} is no UTF-8 text, by its bytes")
    documents = [(name, text) for name, text in documents if text.strip()]
    if len(documents) < 2:
        raise ValueError(f"data={path}: too little text: at least two documents or paragraphs are needed")
    drawn: dict[str, str] = {}
    splits = [drawn.setdefault(" ".join(text.split()), split_of(name)) for name, text in documents]
    if len(set(splits)) == 1:  # a handful of documents can all draw the same part
        splits = ["train"] * (len(documents) - 1) + ["val"]
    for (name, text), split in zip(documents, splits, strict=True):
        yield Document(name, split, text)


# --- the cache -------------------------------------------------------------------------------------


def load(data: str) -> list[Document]:
    """Return the corpus `data`: "docs", what was fetched under a name, or a text file or folder.

    Reading all documentation takes seconds, so it is kept; the key covers every file's size and time.
    Raises ValueError where there is no text.
    """
    if (path := place(data)) is not None:
        if shards(data):
            raise ValueError(f"data={data}: shards hold ids, not text")
        return list(own_text(path))
    listing = [(name, (stat := path.stat()).st_size, stat.st_mtime_ns) for name, path in sources()]
    key = hashlib.sha256(json.dumps([VERSION, sys.version_info[:3], listing]).encode()).hexdigest()[:16]
    folder = cache_folder() / f"docs-{key}"
    if not folder.is_dir():
        lines = (json.dumps(asdict(document)) for document in documentation())
        store(folder, {"documents.jsonl": "\n".join(lines).encode()})
    with open(folder / "documents.jsonl", encoding="utf-8") as file:
        return [Document(**json.loads(line)) for line in file]


def fingerprint(documents: Iterable[Document]) -> str:
    """Name a corpus by its content."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps(asdict(document)).encode())
    return digest.hexdigest()[:16]
