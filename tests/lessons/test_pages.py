"""Every fence of every page runs, raises what it says, and prints what the page says it prints."""

from __future__ import annotations

import importlib
import re
import time

import pytest

import exercises
import lessons
from graders.fences import run_page, said

importlib.import_module("torch._dynamo")  # loads with the first optimizer, and takes longer than any fence may
PAGES = [(lesson.deck, number, page) for lesson in lessons.lessons() for number, page in enumerate(lesson.pages, 1)]
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")
BRAILLE = re.compile(r"[⠀-⣿]")


def agrees(written: str, printed: str) -> bool:
    """Equal but for the last digits of numbers, which depend on the processor, and for a few dots of a curve."""
    if len(written.split("\n")) != len(printed.split("\n")):
        return False
    for old, new in zip(written.rstrip().split("\n"), printed.rstrip().split("\n"), strict=True):
        if BRAILLE.search(old):
            wide = max(len(old), len(new))
            differ = sum(a != b for a, b in zip(old.ljust(wide), new.ljust(wide), strict=True))
            if differ > 0.1 * wide:
                return False
            continue
        if NUMBER.sub("#", old) != NUMBER.sub("#", new):
            return False
        for a, b in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
            if abs(float(a) - float(b)) > 2e-3 * max(abs(float(a)), abs(float(b)), 1e-3):
                return False
    return True


def alike(written: str, printed: str) -> bool:
    """Equal but for numbers, and for the bars and spaces that are as long as numbers make them."""
    plain = [re.sub(r"[█▏▎▍▌▋▊▉\s]+", " ", re.sub(r"\d[\d,.]*", "#", text)).strip() for text in (written, printed)]
    return plain[0] == plain[1]


@pytest.mark.parametrize(("deck", "number", "page"), PAGES, ids=[f"{deck}-{number}" for deck, number, _ in PAGES])
def test_every_fence_does_what_its_page_says(deck: str, number: int, page: lessons.Page) -> None:
    for fence in page.fences:
        own = exercises.exercise(page.own).text("answer.py") if page.own else ""
        begun = time.process_time()
        result = run_page(page.codes, fence.index, own=own)
        spent = time.process_time() - begun  # not the clock's time: a busy machine is no fault of the page
        where = f"{deck}, page {number}, fence {fence.index}"
        raised = (result["raised"] or "").split(":")[0]
        assert raised == fence.raises, f"{where}: {result['raised']}"
        assert spent < 8, f"{where} and those above it take {spent:.1f} s of CPU"
        assert said(result) or fence.output is None, f"{where} shows nothing"
        if fence.output is not None:
            same = alike if fence.measured else agrees
            assert same(fence.output, said(result)), f"{where} prints\n{said(result)}\nnot\n{fence.output}"


def test_every_shown_value_is_checked() -> None:
    """A fence that asks for a prediction is useless to test if the page does not say what comes out."""
    for deck, number, page in PAGES:
        for fence in page.fences:
            assert fence.output is not None, f"{deck}, page {number}, fence {fence.index} has no output block"


@pytest.mark.parametrize(
    ("written", "printed", "same"),
    [
        ("tensor(2.7205)", "tensor(2.7206)", True),
        ("tensor(2.7205)", "tensor(2.7905)", False),
        ("tensor(2.7205)", "tensor(-2.7205)", False),
        ("(3, 4)", "(4, 3)", False),
        ("True", "False", False),
        ("one\ntwo", "one", False),
        ("tensor([0., 0.])", "tensor([0., 1.])", False),
        ("nan", "0", False),
    ],
)
def test_the_comparison_itself(written: str, printed: str, same: bool) -> None:
    assert agrees(written, printed) is same
