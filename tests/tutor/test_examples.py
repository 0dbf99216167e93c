"""Examples of one's own before coding: offered, written, judged, kept apart from the exercise's own file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exercises import exercise
from tests.tutor.conftest import Run
from tests.tutor.fakes import ANSWER
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, opened, settle
from tutor.examples import Examples, beginning, summary, wanted
from tutor.screens.base import Dialog
from tutor.screens.examples import ExamplesPage
from tutor.screens.exercise import Bench

HALF = "assert close(softmax(torch.tensor([0.0, 0.0]), 0), [0.5, 0.5])"
FALSE = "assert close(softmax(torch.tensor([0.0, 0.0]), 0), [1.0, 0.0])"


async def to_examples(app: Any, pilot: Any) -> ExamplesPage:
    await app.going.open_exercise(app.course.entries()[0])
    await settle(pilot)
    await pilot.press("escape", "x")
    await settle(pilot)
    assert isinstance(app.screen, ExamplesPage)
    return app.screen


def file(app: Any) -> Path:
    return app.workspace.home / "broadcasting" / "stable_softmax_examples.py"


@pytest.mark.parametrize("size", SIZES)
async def test_examples_are_written_and_judged_before_coding(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        page = await to_examples(app, pilot)
        compare(app, "examples")
        assert file(app).read_text() == beginning(app.course.known["stable_softmax"])
        page.code.editor.replace_all(f"{HALF}\n{FALSE}\n")
        await pilot.press("f2")
        await settle(pilot)
        compare(app, "examples-judged")
        assert file(app).read_text() == f"{HALF}\n{FALSE}\n"
        assert app.progress.attempts("stable_softmax") == [], "this is no attempt"
        page.code.editor.replace_all(HALF)
        await pilot.press("ctrl+s")
        await settle(pilot)
        text = " ".join(" ".join(rows(app)).split())
        assert "It is true" in text and "1 of 2" in text
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, Bench) and "softmax(x: torch" in app.screen.code.editor.text


async def test_they_are_offered_where_they_are_wanted_and_until_they_are_there(tmp_path: Path) -> None:
    async with opened(tmp_path, (120, 40)) as (app, pilot):
        app.settings.set("examples-first", "all")
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        assert "First, two examples" in " ".join(rows(app))
        compare(app, "bench-examples-first")
        await pilot.press("f9")
        await settle(pilot)
        app.screen.code.editor.replace_all(HALF)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, Bench) and "First, two examples" not in " ".join(rows(app))
        assert file(app).read_text() == HALF, "what was written is saved on leaving"


async def test_they_are_not_offered_after_a_pass_nor_for_a_prediction(tmp_path: Path) -> None:
    async with opened(tmp_path, (120, 40)) as (app, pilot):
        app.settings.set("examples-first", "all")
        app.progress.attempt("stable_softmax", ANSWER, (await _report(app)))
        await app.going.open_exercise(app.course.entries()[0])
        await settle(pilot)
        assert "First, two examples" not in " ".join(rows(app))
        await app.going.open_exercise(app.course.find("trace_backward"))
        await settle(pilot)
        assert "First, two examples" not in " ".join(rows(app))
        await pilot.press("f9", "escape", "x")
        await settle(pilot)
        assert isinstance(app.screen, Bench)


async def _report(app: Any) -> Any:
    from tests.tutor.fakes import report_for

    return report_for("stable_softmax", ANSWER)


async def test_another_program_may_write_them_and_a_grader_that_fails_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        page = await to_examples(app, pilot)
        (await app.grader()).examples = None
        page.action_check()
        await settle(pilot)
        assert "could not be judged" in " ".join(rows(app)) and not isinstance(app.screen, Dialog)


def test_wanted_follows_the_setting() -> None:
    tier_a, tier_b, drawn = exercise("stable-softmax"), exercise("no-magic"), exercise("trace-backward")
    assert (tier_a.tier, tier_b.tier, drawn.kind) == ("A", "B", "predict")
    assert [wanted("tier-b", one) for one in (tier_a, tier_b, drawn)] == [False, True, False]
    assert [wanted("all", one) for one in (tier_a, tier_b, drawn)] == [True, True, False]
    assert not any(wanted("off", one) for one in (tier_a, tier_b, drawn))


@pytest.mark.parametrize(
    ("examples", "trouble", "words"),
    [
        ([], "", "no example yet"),
        ([], "line 2: ZeroDivisionError", "could not be run to their end: line 2"),
        ([(True, ["a"])], "", "It is true, and would catch 1 of 2"),
        (
            [(True, ["a"]), (True, ["b", "a"])],
            "",
            "All 2 are true, and would catch 2 of 2 wrong versions that learners",
        ),
        ([(True, ["a"]), (False, [])], "", "One of them is not so."),
        ([(False, []), (False, [])], "", "2 of them are not so."),
    ],
)
def test_the_summary(examples: list[tuple[bool, list[str]]], trouble: str, words: str) -> None:
    found = [{"line": 1, "text": "", "true": true, "says": "", "catches": names} for true, names in examples]
    text = summary({"trouble": trouble, "examples": found, "wrong": ["a", "b"]})
    assert words in text and ("tell the others apart" in text) == ("1 of 2" in text)


def test_the_command_gives_the_file_then_judges_it(run: Run, home: Path) -> None:
    path = home / "broadcasting" / "no_magic_examples.py"
    assert "gradatim try L03/no-magic" in run("start", "no-magic")[1]
    code, out, _ = run("try", "no-magic")
    assert code == 1 and "no_magic_examples.py" in out and path.read_text() == beginning(exercise("no-magic"))
    code, out, _ = run("try", "no-magic")
    assert code == 1 and "no example yet" in out
    path.write_text("assert right\n")
    code, out, _ = run("try", "no-magic")
    assert code == 0 and "✓ line 1  assert right" in out and "would catch 1 of 2" in out
    path.write_text("assert right\nassert wrong\n")
    code, out, _ = run("try", "no-magic")
    assert code == 1 and "✗ line 2" in out and "not so: it gives 3" in out
    document = json.loads(run("try", "no-magic", "--json")[1])
    assert document["exercise"] == "no_magic" and [one["true"] for one in document["examples"]] == [True, False]
    assert run("try", "trace-backward")[0] == 2
    assert run("try", "no-magic", "--file", str(home / "nowhere.py"))[0] == 2
    assert "no-magic" in run("check")[2], "a file of examples is not the file that was saved last"
    run("settings", "examples-first=off")
    assert "gradatim try" not in run("start", "pick-per-row")[1]
    assert Examples(home).begun(exercise("no-magic"))
