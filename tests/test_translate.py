"""Gradatim in a language that nobody speaks: every letter accented, a third longer; it must work as it did."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))

import sentences  # noqa: E402
import translate  # noqa: E402

ACCENTS = str.maketrans("aceinosuyzACEINOSUYZ", "áçéíñöšúýžÁÇÉÍÑÖŠÚÝŽ")
KEPT = re.compile(r"\{\{.*?\}\}|\{[^{}]*\}|\[[^\]]*\]|`[^`]*`|(?<!\w)--?\w[\w-]*|gradatim(?: [a-z]+)?")
"""What stays in a text besides its expressions: keys, markup, code, options, the program's name."""


def pseudo(text: str, kept: list[str] | None = None) -> str:
    """The text in the language that nobody speaks."""
    found = "|".join([*map(re.escape, sorted(kept or [], key=len, reverse=True)), KEPT.pattern])
    parts = re.split(f"({found})", text)
    said = "".join(part if number % 2 else part.translate(ACCENTS) for number, part in enumerate(parts))
    bare = said.rstrip()
    return bare + "é" * (len(text) * 3 // 10) + said[len(bare) :]


@dataclass
class Built:
    root: Path
    catalogs: list[Path]

    def run(self, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the translated package."""
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        mine = {"GRADATIM_HOME": str(home / "home"), "GRADATIM_DATA": str(home / "data"), "PYTHONPATH": str(self.root)}
        mine |= {"GRADATIM_GRADER": "stdio", "PYTHONUTF8": "1", "COLUMNS": "100"}
        return subprocess.run(
            [sys.executable, *words], cwd=self.root, env={**keep, **mine},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The whole package in that language, by way of catalogs on the disk."""
    folder = tmp_path_factory.mktemp("translated")
    catalogs = []
    for name, found in (("messages", translate.messages()), ("exercises", translate.exercises())):
        entries = list(found)
        kept = {entry.text: list(entry.kept) for entry in entries}
        catalog = translate.extract(entries)
        for message in catalog:
            if message.id:
                message.string = pseudo(message.id, kept[message.id])
        catalogs.append(folder / f"{name}.po")
        with catalogs[-1].open("wb") as file:
            write_po(file, catalog)
    root = folder / "gradatim"
    assert translate.main(["build", *map(str, catalogs), str(root)]) == 0
    return Built(root, catalogs)


def sources() -> list[str]:
    return [*translate._files(translate.MESSAGES), *translate._files(translate.CHECKS)]


def blind(tree: ast.AST) -> str:
    """A program without its words: each text is `…`, of an f-string the expressions are left, in a fixed order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            codes = [one for one in node.values if isinstance(one, ast.FormattedValue)]
            node.values = sorted(codes, key=lambda one: re.sub(r"[^\x00-\x7f]|é+", "", ast.dump(one)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = "…"
    return ast.dump(tree)


def test_everything_is_there_and_nothing_else_has_changed(built: Built) -> None:
    """Each file compiles, and is what it was but for words."""
    changed = 0
    for file in sources():
        ours, theirs = (root.joinpath(file).read_text(encoding="utf-8") for root in (ROOT, built.root))
        changed += ours != theirs
        compile(theirs, file, "exec")
        assert blind(ast.parse(ours)) == blind(ast.parse(theirs)), file
    assert changed > 150


def test_tables_of_exercises_have_other_words_only(built: Built) -> None:
    for file in translate._files(("exercises/*/*/exercise.toml",)):
        ours, theirs = (tomllib.loads(root.joinpath(file).read_text(encoding="utf-8")) for root in (ROOT, built.root))
        assert ours["title"] != theirs["title"] == pseudo(ours["title"]), file
        assert [m["says"] for m in theirs["mistakes"]] == [pseudo(m["says"]) for m in ours["mistakes"]]
        for table in (ours, theirs):
            for key in translate.TOLD:
                table.pop(key, None)
                for mistake in (*table.get("mistakes", ()), *table.get("forbids", ())):
                    mistake.pop(key, None)
        assert ours == theirs, file


def test_commands_speak_it(built: Built, tmp_path: Path) -> None:
    listed = built.run(tmp_path, "-m", "tutor", "list")
    assert listed.returncode == 0, listed.stderr
    assert "éxérçíšéš döñé, áböút" in listed.stdout and "Á šöftmáx thát ñévér övérflöwš" in listed.stdout
    coming = built.run(tmp_path, "-m", "tutor", "next")
    assert coming.returncode == 0, coming.stderr
    assert "Ñéxt íš L01/" in coming.stdout and "1. Réád thé léššöñ: gradatim read L01" in coming.stdout
    hint = built.run(tmp_path, "-m", "tutor", "hint", "stable-softmax")
    assert hint.returncode == 0 and hint.stdout.startswith("Híñt 1 öf 3: Whát íš éxp(1000)"), hint.stdout
    refused = built.run(tmp_path, "-m", "tutor", "hint", "stable-sofmax")
    assert refused.returncode == 2 and "Théré íš ñö éxérçíšé çálléd 'stable-sofmax'" in refused.stderr
    assert "Díd ýöú méáñ L03/stable-softmax" in refused.stderr
    helped = built.run(tmp_path, "-m", "tutor", "hint", "--help")
    assert helped.returncode == 0 and "Šhöw thé ñéxt híñt" in helped.stdout and "1 ñúdgéš" in helped.stdout


MAP = """
import asyncio
from pathlib import Path
from tutor.app import GradatimApp
from tutor.commands.context import desk

async def grader():
    raise OSError("none is wanted here")

async def show():
    app = GradatimApp(desk.course, desk.workspace, desk.progress, grader_factory=grader, raise_errors=True)
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("", "f1"):
            await pilot.press(*([key] if key else []))
            await pilot.pause(0.3)
            for strip in app.screen._compositor.render_strips():
                print("".join(segment.text for segment in strip))

asyncio.run(show())
"""


def test_the_map_and_its_help_speak_it(built: Built, tmp_path: Path) -> None:
    shown = built.run(tmp_path, "-c", MAP)
    assert shown.returncode == 0, shown.stderr
    assert "Wélçömé" in shown.stdout and "Ñéxt" in shown.stdout and "gö öñ" in shown.stdout.lower(), shown.stdout
    assert "Kéýš thát wörk héré" in shown.stdout or "Thé máp" in shown.stdout, shown.stdout


WRONG = """
def softmax(x, dim):
    powers = (x - x.max()).exp()
    return powers / powers.sum(dim, keepdim=True)


def log_softmax(x, dim):
    shifted = x - x.max()
    return shifted - shifted.exp().sum(dim, keepdim=True).log()
"""


def test_a_verdict_speaks_it(built: Built, tmp_path: Path) -> None:
    """A wrong file is judged by the translated grader: check, words and known mistake are in that language."""
    file = tmp_path / "mine.py"
    file.write_text(WRONG)
    verdict = built.run(tmp_path, "-m", "tutor", "check", "stable-softmax", "--file", str(file))
    assert verdict.returncode == 1, verdict.stderr
    assert "Öñé máxímúm íš tákéñ övér thé whölé téñšör" in " ".join(verdict.stdout.split()), verdict.stdout


def test_pip_installs_it(built: Built, tmp_path: Path) -> None:
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index",
         "--disable-pip-version-check", "--target", str(site), str(built.root)],
        check=True, timeout=120,
    )  # fmt: skip
    assert "Ñéxt íš" in (site / "tutor" / "commands" / "coming.py").read_text(encoding="utf-8")
    assert (site / "exercises").is_dir() and (site / "tutor" / "gradatim.tcss").exists()


LOST = {
    "Hint {number} of 3: {entry.exercise.hints[number - 1]}":
        ("Tipp {number} von 3", "lacks {entry.exercise.hints[number - 1]}"),
    "Page {number + 1} of {len(lesson.pages)}: {page.title}.\n":
        ("Seite {number} von {len(lesson.pages)}: {page.title}.\n", "lacks {number + 1} and has {number}"),
    "[b]Your GPT-2[/]  [$foreground-muted]out of your own pieces[/]":
        ("[b]Dein GPT-2  aus eigenen Teilen[/]", "lacks [/] [$foreground-muted]"),
    "The lens looks at a text that was checked: {bench.check|F2} checks it.":
        ("F2 prüft.", "lacks {bench.check|F2}"),
    "your file does not define `{}`": ("deine Datei hat kein `name`", "lacks {}"),
}  # fmt: skip
"""Translations that will not do, and what is said of each."""


def test_what_is_lost_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is wrong is told at once, each with its entry and the difference, and nothing is made."""
    catalog = translate.extract(translate.messages())
    catalog["Quit"].string = "Beenden"
    for text, (words, _) in LOST.items():
        catalog[text].string = words
    with (tmp_path / "de.po").open("wb") as file:
        write_po(file, catalog)
    assert translate.main(["build", str(tmp_path / "de.po"), str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err.splitlines()
    for text, (_, told) in LOST.items():
        (line,) = [one for one in said if repr(text) in one]
        assert told in line and re.match(r"(tutor|graders)/\S+\.py:\d+: ", line), line
    assert len(said) == len(LOST) + 1 and said[-1] == "Nothing was written."
    assert not (tmp_path / "out").exists()


def test_order_is_the_translators(tmp_path: Path) -> None:
    """Expressions may be turned around, braces that are meant stay braces, and quotes of either kind may come."""
    source = 'print(f"{a!r:>{width}} of {b[\'x\']} is {{braced}}, it\'s \\"so\\"\\n")\n'
    tree = ast.parse(source)
    (one,) = sentences.sentences(tree)
    words = "{{geklammert}} »{b['x']}« 'hat' \"{a!r:>{width}}\" \\ \n"
    assert sentences.marks(one.node, words) == sentences.marks(one.node, one.text)
    spoken: list[str] = []
    values = {"a": "A", "b": {"x": 2}, "width": 5, "print": spoken.append}
    exec(sentences.translated(source, tree, {id(one.node): words}), values)
    assert spoken == ["{geklammert} »2« 'hat' \"  'A'\" \\ \n"]


FOUND = (
    "Quit", "Close Gradatim; nothing is lost", "There is no exercise called {name!r}. {hint}", "the disk is full",
    "Show the course: every lesson, its exercises, and what you have done.", "Your file is there already", "mastered",
    "An exercise: stable-softmax, or L03/stable-softmax.", "The map", "1 check", "Every entry is zero.", "Your GPT-2",
    "peak learning rate", " and ", "not yet", "Theme", "your file does not define `{}`",
)  # fmt: skip
NOT_FOUND = (
    "SELECT", "ORDER BY", "PRAGMA", "background:", "default-src", "def test_shape", "import runpy", r"\w",
    "stable_softmax", "bold green", "#!/bin/bash", "utf-8", "https://huggingface", "Good", "check-ok", "#dialog",
    ".tcss", "gradatim doctor",
)  # fmt: skip


def test_sentences_are_found_and_nothing_else() -> None:
    texts = {entry.text for entry in translate.messages()}
    assert not set(FOUND) - texts
    for strange in NOT_FOUND:
        assert not [text for text in texts if text == strange or text.startswith(strange)], strange


def test_the_second_catalog_has_checks_and_exercises() -> None:
    texts = {entry.text for entry in translate.exercises()}
    assert "A softmax that never overflows" in texts
    assert "Each slice of the softmax sums to 1" in texts
    assert "Slices along dim {dim} do not sum to 1." in texts
    assert not any("import torch" in text and "\n\n" in text for text in texts)


def test_a_catalog_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert translate.main(["extract", str(tmp_path / "all.pot")]) == 0
    with (tmp_path / "all.pot").open("rb") as file:
        read = {message.id: message for message in read_po(file) if message.id}
    assert set(read) == {entry.text for entry in translate.messages()}
    hint = read["Hint {number} of 3: {entry.exercise.hints[number - 1]}"]
    assert {file for file, _ in hint.locations} >= {"tutor/commands/learn.py"}
    assert any("Keep every {…}" in words for words in hint.auto_comments)


def test_lessons_come_as_whole_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = tmp_path / "lessons"
    pages.mkdir()
    first = next(path.name for path in sorted((ROOT / "lessons").glob("*.md")))
    (pages / first).write_text("eine Lektion", encoding="utf-8")
    assert translate.build({"Quit": "Beenden"}, tmp_path / "out", pages) > 1
    assert "'Beenden'" in (tmp_path / "out" / "tutor" / "app.py").read_text(encoding="utf-8")
    assert "Refusal" in (tmp_path / "out" / "tutor" / "cli.py").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "lessons" / first).read_text(encoding="utf-8") == "eine Lektion"
    (pages / "99_none.md").write_text("keine", encoding="utf-8")
    with pytest.raises(translate.Refused, match=r"99_none\.md: there is no lessons/99_none\.md"):
        translate.build({}, tmp_path / "other", pages)
    with pytest.raises(translate.Refused, match="not empty"):
        translate.build({}, tmp_path / "out")
