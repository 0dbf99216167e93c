"""Lessons are read as they are written: pages, fences, links; a malformed page is named."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import lessons
from exercises import exercises

PAGE = """## A title

Some words.

```python predict="What comes out?"
1 + 1
```
```output
2
```

```python raises="ZeroDivisionError"
1 / 0
```

```text
a ── diagram ──► with --- inside
---
```

[Exercise: do it](exercise:stable-softmax)
[Quiz](quiz:)
More words, and [a link](https://example.org) that is none of ours.
"""


def test_a_page_is_cut_into_blocks_in_reading_order() -> None:
    page = lessons.read_page(PAGE)
    assert page.title == "A title"
    assert [b.kind for b in page.blocks] == ["text", "fence", "fence", "text", "exercise", "quiz", "text"]
    assert page.codes == ["1 + 1", "1 / 0"]
    first, second = page.fences
    assert (first.index, first.predict, first.raises, first.output) == (0, "What comes out?", "", "2")
    assert (second.index, second.raises, second.output) == (1, "ZeroDivisionError", None)
    assert [b.fence for b in page.blocks if b.kind == "fence"] == [first, second]
    assert page.blocks[4].exercise == "stable_softmax" and page.blocks[4].text == "Exercise: do it"
    assert "More words" in page.blocks[-1].text
    assert "output" not in "".join(b.text for b in page.blocks)
    assert page.text.strip() == PAGE.strip()


def test_three_dashes_part_pages_but_not_inside_of_a_fence(tmp_path) -> None:
    path = tmp_path / "07_some_name.md"
    head = '+++\nid = "L07"\ntitle = "T"\ntrack = "t"\nneeds = ["L03"]\nminutes = 5\n+++\n'
    path.write_text(head + PAGE + "---\n" + PAGE.replace("A title", "Another"), encoding="utf-8")
    lesson = lessons.read(path)
    assert [p.title for p in lesson.pages] == ["A title", "Another"]
    assert (lesson.number, lesson.slug, lesson.deck, lesson.needs) == (7, "some_name", "07_some_name", ("L03",))
    assert lesson.exercises == ("stable_softmax",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no heading", "heading"),
        ("## T\n```python\n1", "never closed"),
        ("## T\n```output\n1\n```", "follows no fence"),
        ('## T\n```python predict="a" surprise\n1\n```', "cannot read"),
        ('## T\n```python ask="a"\n1\n```', "cannot read"),
    ],
)
def test_a_malformed_page_is_named(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        lessons.read_page(text, "03_x.md, page 2")
    assert "03_x.md, page 2" in str(caught.value)


def test_a_file_without_its_head_is_named(tmp_path) -> None:
    path = tmp_path / "07_x.md"
    path.write_text("## T\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"07_x\.md"):
        lessons.read(path)


@pytest.mark.parametrize("name", ["L03", "l03", "3", "03", "broadcasting", "03_broadcasting", "03-broadcasting"])
def test_a_lesson_is_found_by_many_names(name: str) -> None:
    assert lessons.lesson(name).id == "L03"


def test_an_unknown_lesson_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="L03 broadcasting"):
        lessons.lesson("brodcasting")
    with pytest.raises(KeyError, match="Did you mean"):
        lessons.lesson("?")


def test_lessons_come_in_the_order_of_their_names() -> None:
    found = lessons.lessons()
    assert [one.path.name for one in found] == sorted(p.name for p in lessons.ROOT.glob("*.md"))
    assert [one.id for one in found] == [f"L{one.number:02}" for one in found]


@pytest.mark.parametrize("lesson", lessons.lessons(), ids=lambda one: one.deck)
def test_each_lesson_has_what_a_lesson_has(lesson: lessons.Lesson) -> None:
    kinds = [b.kind for page in lesson.pages for b in page.blocks]
    assert 4 <= len(lesson.pages) <= 8
    assert kinds.count("quiz") == 1 and lesson.exercises
    assert (lessons.ROOT / "quiz" / f"{lesson.deck}.py").exists()
    text = "\n".join(page.text for page in lesson.pages)
    assert sum(fence.predict != "" for page in lesson.pages for fence in page.fences) >= 3
    assert "show(" in text, "no picture is drawn from values"
    assert any(b.text.startswith("```text") and "─" in b.text for p in lesson.pages for b in p.blocks), "no diagram"
    for part in ("**Mistakes that everybody makes once**", "**Further reading**"):
        assert part in text
    rubric = re.findall(r"^- ☐ ", text, re.MULTILINE)
    assert len(rubric) == 6, "two questions to explain back, each with three points"


@pytest.mark.parametrize("lesson", lessons.lessons(), ids=lambda one: one.deck)
def test_pages_fit_a_terminal(lesson: lessons.Lesson) -> None:
    for page in lesson.pages:
        lines = page.text.rstrip().split("\n")
        assert len(lines) <= 60, f"{lesson.deck}, {page.title}: {len(lines)} lines"
        wide = [line for line in lines if len(line) > 78]
        wide += [line for f in page.fences for line in f"{f.code}\n{f.output or ''}".split("\n") if len(line) > 76]
        assert not wide, f"{lesson.deck}, {page.title}: {wide}"


@pytest.mark.parametrize("lesson", lessons.lessons(), ids=lambda one: one.deck)
def test_links_lead_to_exercises(lesson: lessons.Lesson) -> None:
    missing = [name for name in lesson.exercises if name not in exercises()]
    assert not missing


def test_reading_lessons_loads_nothing_heavy() -> None:
    code = (
        "import sys, lessons; lessons.lessons(); "
        "print([m for m in ('torch', 'numpy', 'textual', 'typer', 'rich', 'graders') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
