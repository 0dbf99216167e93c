"""A run that writes: the screen on a model of one sentence, the process behind it, and both with a real run."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tests.tutor.fakes import FakeSampler
from tests.tutor.picture import compare, rows
from tests.tutor.test_screens import SIZES, opened, settle, until
from tests.tutor.test_screens_training import two_runs
from tutor import jobs, sampler
from tutor.screens.sampling import Sampling, Written, line, quoted
from tutor.screens.training import Training
from tutor.screens.watch import Watch

ROOT = Path(__file__).parents[2]


async def written(app: Any, pilot: Any, prompt: str = "Returns a new", tokens: str = "40") -> Sampling:
    """Open the screen of the finished run and have a text written."""
    root = two_runs(app)
    await app.action_training()
    await app.going.open_page(Sampling(root / "nano-1"))
    await settle(pilot)
    screen = app.screen
    assert isinstance(screen, Sampling)
    screen.query_one("#field-tokens", Input).value = tokens
    await pilot.press(*prompt.replace(" ", "~"))
    screen.query_one("#field-prompt", Input).value = prompt
    await pilot.press("enter")
    await until(pilot, lambda: not screen.writing and len(screen.tokens) == int(tokens))
    screen.look()
    await settle(pilot)
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        two_runs(app)
        await pilot.press("t")
        await settle(pilot)
        await pilot.press("end", "w")
        await settle(pilot)
        assert isinstance(app.screen, Sampling) and app.screen.folder.name == "nano-1"
        compare(app, "sampling-empty")
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, Training)
        await written(app, pilot)
        compare(app, "sampling-newest")
        await pilot.press("home", "right", "right", "right")
        await settle(pilot)
        compare(app, "sampling-fourth")


async def test_arrows_step_through_the_tokens_and_no_further(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        screen = await written(app, pilot, tokens="5")
        assert isinstance(screen.focused, Written) and screen.at == 4 and screen.follow
        await pilot.press("right", "left", "left")
        assert screen.at == 2 and not screen.follow
        text = "\n".join(rows(app))
        assert "‹ the›" in text and "▶  1234 ‹ the›" in text, "drawn from outside of the five likeliest"
        assert "token 3 of 5" in text and "cut" in text
        await pilot.press(*["left"] * 9)
        assert screen.at == 0 and "▶     2 ‹ tensor›" in "\n".join(rows(app))
        await pilot.press("end")
        assert screen.at == 4 and screen.follow


async def test_a_text_can_be_stopped_and_another_has_another_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeSampler, "pause", 0.01)
    async with opened(tmp_path) as (app, pilot):
        root = two_runs(app)
        await app.action_training()
        await app.going.open_page(Sampling(root / "nano-1"))
        await settle(pilot)
        screen = app.screen
        screen.query_one("#field-tokens", Input).value = "100000"
        await pilot.press("f2")
        await until(pilot, lambda: len(screen.tokens) > 3)
        assert "● " in rows(app)[0] and "n Another" not in rows(app)[-1] and "s Stop" in rows(app)[-1]
        await pilot.press("s")
        await until(pilot, lambda: not screen.writing and "stopped" in rows(app)[0])
        assert "n Another" in rows(app)[-1] and "s Stop" not in rows(app)[-1]
        await pilot.press("n")
        await until(pilot, lambda: screen.writing)
        await pilot.press("left", "left")
        seen = screen.at
        await until(pilot, lambda: len(screen.tokens) > seen + 5)
        assert screen.at == seen, "who looks back stays there while the text goes on"
        assert [words[4] for _, words in screen.sampler.asked] == ["seed=1", "seed=2"]
        await pilot.press("escape")
        await settle(pilot)
        assert screen.sampler.closed


async def test_what_cannot_be_is_said_before_and_after(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        two_runs(app)
        await pilot.press("t")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Watch)
        await pilot.press("w")
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, Sampling) and screen.folder.name == "nano-2"
        screen.query_one("#field-top_p", Input).value = "2"
        await pilot.press("f2")
        await settle(pilot)
        assert "top_p=2.0: from 0 to 1" in "\n".join(rows(app)) and screen.sampler.asked == []
        screen.query_one("#field-top_p", Input).value = ""
        await pilot.press("f2")
        await until(pilot, lambda: "holds no checkpoint yet" in "\n".join(rows(app)))
        assert screen.sampler.asked == [("", ["temperature=0.8", "top_k=50", "tokens=200", "seed=1", "choices=5"])]


async def test_without_runs_there_is_nothing_to_let_write(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("t")
        await settle(pilot)
        assert "w Write" not in rows(app)[-1]
        await pilot.press("w")
        await settle(pilot)
        assert isinstance(app.screen, Training)


def test_a_choice_is_one_line_that_fits() -> None:
    choice = {"id": 1, "token": " with\n[b]and a long tail", "share": 1.0, "drawn": 1.0}
    assert "…›" in line(50257, choice, False) and len(line(50257, choice, False)) <= 78  # one [ is escaped
    assert quoted("\n\t é") == "‹\\n\\t é›"
    assert "cut" in line(3, choice | {"drawn": 0.0}, False) and "▶" in line(3, choice, True)
    assert "█" not in line(3, choice | {"share": 0.001}, False)


# -- the process


FAKE = """
import json, sys
print("loading", file=sys.stderr, flush=True)
for row in sys.stdin:
    asked = json.loads(row)
    if "prompt" not in asked:
        continue
    if asked["prompt"] == "die":
        sys.exit("out of memory")
    def tell(**event):
        print(json.dumps({"request": asked["request"], **event}), flush=True)
    print("no JSON", flush=True)
    tell(event="start", version=1, step=3, precision="float32", notes=asked["options"])
    for number in range(3):
        tell(event="token", text=asked["prompt"], id=number)
    tell(event="end", reason="length", text="", tokens=3, tokens_per_second=1.0)
"""


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A process of a few lines in place of the model's."""
    script = tmp_path / "writer.py"
    script.write_text(FAKE)
    monkeypatch.setattr(sampler, "module_command", lambda module, *words: [sys.executable, str(script), module, *words])
    return tmp_path / "run"


async def texts(one: sampler.Sampler, prompt: str, *options: str) -> list[sampler.Event]:
    return [event async for event in one.write(prompt, options)]


async def test_one_process_answers_every_prompt_and_ends_when_closed(fake: Path) -> None:
    one = sampler.Sampler(fake)
    for prompt in ("a", "é\n"):
        events = await texts(one, prompt, "top_k=5")
        assert [event["event"] for event in events] == ["start", "token", "token", "token", "end"]
        assert events[1]["text"] == prompt and events[0]["notes"] == ["top_k=5"]
    child = one._child
    assert child is not None and one._number == 2
    await asyncio.wait_for(one.close(), 10)
    assert child.returncode not in (None, 0)
    await one.close()


async def test_what_an_earlier_prompt_still_says_is_left_out(fake: Path) -> None:
    one = sampler.Sampler(fake)
    first = one.write("a", [])
    assert (await anext(first))["event"] == "start"
    await first.aclose()
    assert {event.get("text", "b") for event in await texts(one, "b")} == {"b", ""}
    await one.close()


async def test_a_process_that_dies_says_its_last_words_and_the_next_prompt_starts_another(fake: Path) -> None:
    one = sampler.Sampler(fake)
    (event,) = await texts(one, "die")
    assert event["event"] == "error" and "Its last words: out of memory" in event["message"]
    assert (await texts(one, "a"))[-1]["event"] == "end"
    await one.close()


async def test_the_process_ends_when_the_desk_is_gone(fake: Path) -> None:
    one = sampler.Sampler(fake)
    await texts(one, "a")
    child = one._child
    assert child is not None and child.stdin is not None
    child.stdin.close()
    assert await asyncio.wait_for(child.wait(), 10) == 0
    await one.close()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A nano run of three steps on a text of its own."""
    folder = tmp_path_factory.mktemp("home") / "runs"
    folder.mkdir()
    text = folder.parent / "text.txt"
    text.write_text("The cat sees a fish, and so it goes. A dog finds gold in the garden.\n\n" * 400)
    words = [f"data={text}", "max_steps=3", "n_layer=2", "n_embd=64", "block_size=64", "vocab_size=300",
             "tokens_per_step=512", "device=cpu", "sample_every=-1", "eval_tokens=512"]  # fmt: skip
    os.environ["GRADATIM_CACHE"] = str(folder.parent / "cache")
    done = jobs.ask("gpt2.train", str(folder / "real"), "preset=nano", *words, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "real"


async def test_a_real_run_writes_on_the_screen(tmp_path: Path, trained: Path) -> None:
    async with opened(tmp_path, (100, 40)) as (app, pilot):
        app.jobs.Sampler = jobs.Sampler
        await app.action_training()
        await app.going.open_page(Sampling(trained))
        await settle(pilot)
        screen = app.screen
        screen.query_one("#field-prompt", Input).value = "The cat"
        screen.query_one("#field-tokens", Input).value = "30"
        await pilot.press("f2")
        await until(pilot, lambda: not screen.writing and len(screen.tokens) == 30, 120)
        assert screen.state.startswith("step 3 · ") and "The cat" in "\n".join(rows(app))
        for token in screen.tokens:
            assert len(token["top"]) == 10 and token["drawn"] > 0
        child = screen.sampler._child
        await pilot.press("escape")
        await until(pilot, lambda: child.returncode is not None)
