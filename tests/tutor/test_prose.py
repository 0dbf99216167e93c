"""Paragraphs become one text; whatever needs more of Markdown is left to Markdown."""

from __future__ import annotations

import pytest

import lessons
from tutor.widgets.prose import inline, plain


def test_paragraphs_flow_and_what_stands_out_loses_its_marks() -> None:
    text = plain("## Why\n\nA **bold** word, an *italic* one\nand `x**2 * y[0]`.\n\nNext.")
    assert text is not None
    assert text.plain == "Why\n\nA bold word, an italic one and x**2 * y[0].\n\nNext."
    styles = {text.plain[span.start : span.end]: str(span.style) for span in text.spans}
    assert styles["bold"] == "b" and styles["italic"] == "i"
    assert "$text-accent" in styles["x**2 * y[0]"] and "$text-primary" in styles["Why"]
    assert str(plain("## Why\n\nSo.", below_heading="\n")) == "Why\nSo."


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "1. a",
        "> a",
        "| a |",
        "```text\na\n```",
        "[a](b)",
        "a  \nb",
        "a &amp; b",
        "<b>",
        "\\*",
        "# a",
        "_a_",
        "* * *",
    ],
)
def test_all_else_is_left_to_markdown(text: str) -> None:
    assert plain(text) is None


@pytest.mark.parametrize("text", ["*returns* a tensor", "`-x` and -x", "2 * 3", "a_b", "size\n1 in"])
def test_what_only_looks_like_more_is_plain(text: str) -> None:
    assert plain(text) is not None


def test_a_plain_text_of_the_lessons_reads_as_its_markdown_does() -> None:
    from markdown_it import MarkdownIt

    parser, seen = MarkdownIt("gfm-like"), 0
    for lesson in lessons.lessons():
        for page in lesson.pages:
            for text in (block.text for block in page.blocks if block.kind == "text"):
                if (mine := plain(text)) is None:
                    continue
                seen += 1
                leaves = [token.children or [] for token in parser.parse(text) if token.type == "inline"]
                theirs = ["".join(" " if one.type == "softbreak" else one.content for one in leaf) for leaf in leaves]
                assert mine.plain.split("\n\n") == theirs
    assert seen > 100


def test_code_in_a_sentence_is_not_looked_into() -> None:
    assert "x**2" in inline("`x**2` and `y**2`") and "[b]" not in inline("`x**2` and `y**2`")


def test_code_may_stand_in_what_is_strong() -> None:
    assert inline("**so `f(x)` is**") == "[b]so [$text-accent]f(x)[/] is[/]"
    text = plain("*so `f(x)`* is **`y`**")
    assert text is not None and text.plain == "so f(x) is y"
    assert inline("a \0 `b`") == "a \ufffd [$text-accent]b[/]"
