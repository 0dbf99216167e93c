"""The README's pictures: drawn by one command, holding nothing from elsewhere, and none of them forgotten."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))
NAMESPACE = "http://www.w3.org/2000/svg"
MOST = 150_000
"""Bytes of a picture."""


def test_the_readme_shows_them_all_and_no_other() -> None:
    shown = re.findall(r"docs/pictures/(\w+\.svg)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(shown) == [path.name for path in PICTURES] and len(shown) >= 4


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_holds_all_that_it_needs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ElementTree.fromstring(text)
    assert tree.tag == f"{{{NAMESPACE}}}svg" and 10_000 < len(text.encode()) < MOST
    assert text.count("//") == text.count(NAMESPACE) == 1, "no address but the name of the format"
    assert "@font-face" not in text and "@import" not in text and "href" not in text
    assert not re.search(r"url\((?!#)", text) and set(re.findall(r"<(script|image|foreignObject)", text)) == set()
    words = " ".join("".join(node.itertext()) for node in tree.iter(f"{{{NAMESPACE}}}text")).replace("\xa0", " ")
    assert "Help" in words and not re.search(r"/tmp/|/home/|/Users/", words)


def test_drawn_again_it_is_the_same(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "bench" / "pictures.py"), "training", "--into", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    drawn, kept = (folder / "training.svg" for folder in (tmp_path, ROOT / "docs" / "pictures"))
    assert drawn.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), "make pictures keeps the new ones"
