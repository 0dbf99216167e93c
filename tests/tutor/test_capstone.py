"""Whose each piece is, the package made of them, and its milestones: as commands and on screen."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from exercises import exercise
from gpt2.slots import SLOTS
from graders.report import Report
from tests.tutor.picture import compare
from tests.tutor.test_screens import SIZES, opened, settle, until
from tutor import mygpt
from tutor.course import Course
from tutor.progress import Progress
from tutor.screens.capstone import Capstone

DOCUMENTS = "\n".join(
    json.dumps({"split": "val" if i % 10 == 0 else "train", "text": f"Returns the {word} of number {i}.\n" * 40})
    for i, word in enumerate(["mean", "sum", "size", "shape", "name"] * 10)
)


def passed(progress: Progress, name: str, text: str) -> None:
    """Let an exercise have been passed with this text."""
    one = exercise(name)
    progress.attempt(one.id, text, Report(one.id, "passed"), one.content_hash, "test")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A learner who has passed two exercises that fill slots."""
    progress = Progress(tmp_path / "progress.sqlite3")
    passed(progress, "gpt_mlp", "# mine\n" + exercise("gpt_mlp").text("other.py"))
    passed(progress, "cosine_warmup", "# mine\n" + exercise("cosine_warmup").text("other.py"))
    return Course(progress)


def made(course: Course, folder: Path) -> Path:
    """The package, with a small corpus in place of the documentation."""
    mygpt.assemble(course, folder)
    (folder / "corpus").mkdir(exist_ok=True)
    (folder / "corpus" / "documents.jsonl").write_text(DOCUMENTS)
    return folder


def run(folder: Path, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a milestone as the desk does."""
    command = mygpt.command(mygpt.milestone(name), *words)
    environment = mygpt.environment(folder) | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_every_slot_has_an_exercise_and_every_exercise_a_slot_that_is_there(course: Course) -> None:
    table = mygpt.pieces(course)
    assert [piece.slot for piece in table] == list(SLOTS)
    assert {piece.slot for piece in table if piece.source} == {"mlp", "schedule"}
    for piece in table:
        text = piece.source or mygpt.borrowed(piece.exercise)
        assert all(name in text for name in SLOTS[piece.slot].entry)


def test_the_package_holds_the_learners_text_and_says_what_is_borrowed(course: Course, tmp_path: Path) -> None:
    folder = made(course, tmp_path / "mygpt")
    assert (folder / "mygpt" / "mlp.py").read_text().startswith("# mine\n")
    owners = json.loads((folder / "mygpt" / "owners.json").read_text())
    assert [slot for slot, whose in owners.items() if whose == "yours"] == ["mlp", "schedule"]
    written = {path.name: path.read_text() for path in folder.rglob("*.py")}
    assert [name for name, text in written.items() if "gpt2." in text or "import gpt2" in text] == []


def test_its_contracts_hold_and_a_piece_that_breaks_one_is_named(course: Course, tmp_path: Path) -> None:
    folder = made(course, tmp_path / "mygpt")
    done = run(folder, "assemble")
    assert done.returncode == 0, done.stdout + done.stderr
    assert mygpt.standings(folder)["assemble"]["passed"]
    text = (folder / "mygpt" / "loader.py").read_text()
    assert "self.step = state" in text
    (folder / "mygpt" / "loader.py").write_text(text.replace("self.step = state", "self.never = state"))
    done = run(folder, "assemble")
    assert done.returncode == 1
    assert "✗ the loader goes on where its state says" in done.stdout
    assert not mygpt.standings(folder)["assemble"]["passed"]


def test_the_corpus_comes_back_and_what_leaks_is_seen(course: Course, tmp_path: Path) -> None:
    folder = made(course, tmp_path / "mygpt")
    done = run(folder, "corpus")
    assert done.returncode == 0, done.stdout + done.stderr
    glue = folder / "mygpt" / "glue.py"
    leaking = 'if split == "train" or row["split"] == split'
    glue.write_text(glue.read_text().replace('if row["split"] == split', leaking))
    done = run(folder, "corpus")
    assert done.returncode == 1 and "✗ no validation text is in the training shards" in done.stdout, done.stdout


def test_the_same_classes_have_the_size_of_gpt2(course: Course, tmp_path: Path) -> None:
    folder = made(course, tmp_path / "mygpt")
    done = run(folder, "full-size", "A100")
    assert done.returncode == 0, done.stdout + done.stderr
    facts = mygpt.standings(folder)["full-size"]["facts"]
    assert facts["parameters"] == 124_439_808 and 15 < facts["hours"]["A100"] < 25


@pytest.mark.long
def test_a_model_learns_is_cut_off_and_writes(course: Course, tmp_path: Path) -> None:
    folder = made(course, tmp_path / "mygpt")
    assert run(folder, "corpus").returncode == 0
    done = run(folder, "pretrain", "--steps", "60")
    assert "✓ the first loss" in done.stdout and "✓ the log is complete" in done.stdout, done.stdout + done.stderr
    for name in ("resume", "write"):
        done = run(folder, name)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "with the cache it writes the very same text" in done.stdout


@pytest.mark.parametrize("size", SIZES)
async def test_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (app, pilot):
        await pilot.press("t")
        await settle(pilot)
        await pilot.press("g")
        await settle(pilot)
        compare(app, "capstone")


async def test_a_milestone_runs_on_the_screen(tmp_path: Path) -> None:
    async with opened(tmp_path, (100, 40)) as (app, pilot):
        app.course = Course(Progress(tmp_path / "real.sqlite3"))  # the package needs every slot
        folder = app.workspace.home / "mygpt"
        (folder / "corpus").mkdir(parents=True)
        (folder / "corpus" / "documents.jsonl").write_text(DOCUMENTS)
        await pilot.press("t", "g")
        await settle(pilot)
        await pilot.press("end", "enter")
        await until(pilot, lambda: (folder / "results" / "full_size.json").exists(), 120)
        await until(pilot, lambda: isinstance(app.screen, Capstone) and not app.screen.running)
        assert "✓ passed" in str(app.screen.query_one("#milestones").get_option_at_index(5).prompt)
