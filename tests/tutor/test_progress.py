"""Progress keeps everything: through kills, damage, two processes, and a move to another machine."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from graders.report import Check, Mistake, Report
from tutor import database
from tutor.progress import Progress, ProgressError

WRITER = """
import sys
from pathlib import Path
from graders.report import Report
from tutor.progress import Progress
progress = Progress(Path(sys.argv[1]))
report = Report("softmax", "failed")
for number in range(int(sys.argv[3])):
    progress.attempt("softmax", f"{sys.argv[2]} {number} " + "x" * 3000, report)
    print(number, flush=True)  # acknowledged: from here on it must not be lost
"""


def report(status: str = "failed") -> Report:
    check = Check("test_rows", "Each row sums to 1", "failed", "0.5 instead of 1", {"index": [0, 1]})
    return Report("softmax", status, (check,), (Mistake("no_max", "no maximum"),), seed=3)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "progress.sqlite3"


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def test_an_attempt_comes_back_as_it_was(path: Path) -> None:
    with Progress(path) as progress:
        progress.attempt("softmax", "x = 'ä'\n", report(), "abc", "check")
    with Progress(path) as progress:
        (attempt,) = progress.attempts("softmax")
        assert attempt.source == "x = 'ä'\n" and attempt.report == report()
        assert (attempt.hash, attempt.origin, attempt.status) == ("abc", "check", "failed")
        assert attempt.when.tzinfo is not None and abs(attempt.when.timestamp() - time.time()) < 60
        assert progress.attempts("other") == []


def test_the_best_that_was_reached_is_the_status(path: Path) -> None:
    with Progress(path) as progress:
        assert progress.status("softmax") == "new"
        progress.attempt("softmax", "", report("broken"))
        assert progress.status("softmax") == "new", "our own failure is not the learner's try"
        progress.attempt("softmax", "", report())
        assert progress.status("softmax") == "tried"
        progress.attempt("softmax", "", report("passed"))
        progress.attempt("softmax", "", report())
        assert progress.status("softmax") == "passed"
        progress.solution_shown("softmax")
        assert progress.status("softmax") == "passed", "reading the solution afterwards takes nothing away"


def test_a_pass_after_the_solution_is_assisted(path: Path) -> None:
    with Progress(path) as progress:
        progress.solution_shown("softmax")
        assert progress.status("softmax") == "new" and progress.solution_seen("softmax")
        progress.attempt("softmax", "", report("passed"))
        assert progress.status("softmax") == "assisted"


def test_mastered_is_a_pass_unaided_and_one_more_on_another_day(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("tutor.store.time.time", lambda: now)
    with Progress(path) as progress:
        assert not progress.mastered("softmax")
        progress.attempt("softmax", "", report("passed"))
        now += 3600
        progress.attempt("softmax", "", report("passed"))
        assert not progress.mastered("softmax"), "within the hour it says nothing about memory"
        now += 20 * 3600
        progress.solution_shown("softmax")
        progress.attempt("softmax", "", report("passed"))
        assert not progress.mastered("softmax"), "not right behind the solution"
        now += 20 * 3600
        progress.attempt("softmax", "", report())
        assert not progress.mastered("softmax")
        progress.attempt("softmax", "", report("passed"))
        assert progress.mastered("softmax")


def test_mastered_is_a_pass_unaided_and_all_known_mistakes_told_apart(path: Path) -> None:
    with Progress(path) as progress:
        progress.zoo_solved("softmax")
        assert not progress.mastered("softmax")
        progress.attempt("softmax", "", report("passed"))
        assert progress.mastered("softmax") and progress.status("softmax") == "passed"
        assert progress.hints("softmax") == 0
        progress.solution_shown("other")
        progress.attempt("other", "", report("passed"))
        progress.zoo_solved("other")
        assert not progress.mastered("other"), "assisted stays assisted"
        progress.export(path.with_name("out.json"))
    with Progress(path.with_name("elsewhere.sqlite3")) as progress:
        progress.import_(path.with_name("out.json"))
        assert progress.mastered("softmax")


def test_new_content_keeps_the_pass_and_marks_it(path: Path) -> None:
    with Progress(path) as progress:
        assert not progress.stale("softmax", "new")
        progress.attempt("softmax", "", report("passed"), "old")
        assert progress.status("softmax") == "passed" and progress.stale("softmax", "new")
        progress.attempt("softmax", "", report("passed"), "new")
        assert not progress.stale("softmax", "new")


def test_hints_answers_and_snapshots(path: Path) -> None:
    with Progress(path) as progress:
        assert progress.hints("softmax") == 0
        progress.hint_shown("softmax", 1)
        progress.hint_shown("softmax", 3)
        progress.hint_shown("softmax", 2)
        assert progress.hints("softmax") == 3
        progress.answered("L03", "align-right", 5, 2, True)
        progress.answered("L03", "other", 6, 0, False)
        assert [(a.item, a.seed, a.choice, a.correct) for a in progress.answers("L03")] == [
            ("align-right", 5, 2, True),
            ("other", 6, 0, False),
        ]
        assert len(progress.answers("L03", "other")) == 1 and progress.answers("L04") == []
        progress.snapshot("softmax", "before", "reset")
        assert [(s.source, s.reason) for s in progress.snapshots("softmax")] == [("before", "reset")]


# -- crashes


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_kill_9_loses_no_acknowledged_attempt(path: Path) -> None:
    acknowledged: list[str] = []
    for turn in range(6):
        child = writer(path, f"turn{turn}", 10_000)
        assert child.stdout is not None
        seen = [child.stdout.readline() for _ in range(3 + 5 * turn)]
        os.kill(child.pid, signal.SIGKILL)
        seen += child.stdout.readlines()
        child.wait()
        acknowledged += [f"turn{turn} {line.strip()}" for line in seen if line.endswith("\n")]
    with Progress(path) as progress:
        assert progress.notice == ""
        kept = {" ".join(a.source.split()[:2]) for a in progress.attempts("softmax")}
    assert len(acknowledged) >= 6 * 3
    assert set(acknowledged) <= kept


def test_two_processes_and_four_threads_write_at_once(path: Path) -> None:
    children = [writer(path, f"p{number}", 40) for number in range(2)]
    with Progress(path) as progress:
        threads = [
            threading.Thread(target=lambda n=n: [progress.attempt("softmax", f"t{n}", report()) for _ in range(20)])
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for child in children:
            out, _ = child.communicate(timeout=60)
            assert child.returncode == 0 and len(out.splitlines()) == 40
        assert len(progress.attempts("softmax")) == 2 * 40 + 4 * 20


def test_two_at_the_first_start_make_one_file(path: Path) -> None:
    children = [writer(path, f"p{number}", 2) for number in range(4)]
    assert [child.wait(60) for child in children] == [0, 0, 0, 0]
    with Progress(path) as progress:
        assert len(progress.attempts("softmax")) == 8


# -- damage


def filled(path: Path, count: int = 60) -> None:
    with Progress(path) as progress:
        for number in range(count):
            progress.attempt("softmax", f"{number} " + "x" * 2000, report())
        progress._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def aside(path: Path) -> list[Path]:
    return [p for p in path.parent.glob("*.damaged-*") if not p.name.endswith(("-wal", "-shm"))]


def test_a_file_that_is_no_database_is_kept_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is a poem, not a database\n" * 100)
    with Progress(path) as progress:
        assert "was damaged" in progress.notice and "Nothing could be read back" in progress.notice
        progress.attempt("softmax", "1", report())
        assert progress.status("softmax") == "tried"
    (kept,) = aside(path)
    assert kept.read_bytes().startswith(b"this is a poem") and str(kept) in progress.notice


def test_what_can_be_read_of_a_damaged_file_is_read_back(path: Path) -> None:
    filled(path)
    data = bytearray(path.read_bytes())
    page = 4096
    middle = len(data) // page // 2 * page
    data[middle : middle + 3 * page] = os.urandom(3 * page)
    path.write_bytes(data)
    with Progress(path) as progress:
        assert "was damaged" in progress.notice
        sources = [int(a.source.split()[0]) for a in progress.attempts("softmax")]
    assert len(sources) >= 40, "rows before and behind the damage"
    assert 0 in sources and 59 in sources
    assert len(aside(path)) == 1


def test_damage_that_comes_while_it_is_open_is_survived(path: Path) -> None:
    filled(path)
    with Progress(path) as progress:
        data = bytearray(path.read_bytes())
        data[4096:] = os.urandom(len(data) - 4096)
        path.write_bytes(data)
        progress._connection.execute("PRAGMA cache_size = 0")
        progress.attempt("softmax", "after", report())
        assert [a.source for a in progress.attempts("softmax")][-1] == "after"
        assert "was damaged" in progress.notice
    assert len(aside(path)) == 1


def test_a_file_that_another_process_has_already_replaced_stays(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"broken")
    seen = database.identity(path)
    path.rename(path.with_name("moved"))
    filled(path, 1)
    assert database.set_aside(path, seen) is None
    with Progress(path) as progress:
        assert len(progress.attempts("softmax")) == 1


def test_a_newer_file_is_left_alone(path: Path) -> None:
    filled(path, 1)
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {database.SCHEMA + 1}")
    with pytest.raises(ProgressError, match="newer Gradatim"):
        Progress(path)
    assert aside(path) == []


def test_a_place_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProgressError, match="GRADATIM_DATA"):
        Progress(tmp_path / "file" / "progress.sqlite3")


# -- moving


def test_an_export_carries_everything_and_a_second_import_adds_nothing(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.json"
    with Progress(path) as progress:
        progress.attempt("softmax", "x", report("passed"), "h")
        progress.hint_shown("softmax", 2)
        progress.solution_shown("other")
        progress.answered("L03", "item", 1, 0, True)
        progress.snapshot("softmax", "old", "reset")
        assert progress.export(out) == 5
        before = progress.attempts("softmax")
    assert json.loads(out.read_text())["version"] == 1
    with Progress(tmp_path / "elsewhere" / "p.sqlite3") as progress:
        progress.attempt("other", "y", report())
        assert progress.import_(out) == 5
        assert progress.import_(out) == 0
        assert progress.status("softmax") == "passed" and progress.status("other") == "tried"
        assert progress.hints("softmax") == 2 and progress.solution_seen("other")
        (there,) = progress.attempts("softmax")
        assert (there.when, there.source, there.report) == (before[0].when, "x", before[0].report)


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"what": "gradatim progress", "version": 99, "tables": {}}',
        '{"what": "gradatim progress", "version": 1, "tables": {"attempts": [{"uid": "1"}]}}',
        '{"what": "gradatim progress", "version": 1, "tables": {"shown": ['
        '{"uid": "1", "at": 0, "exercise": "x", "what": "hint", "level": [1]}]}}',
    ],
)
def test_an_import_of_something_else_changes_nothing(path: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "in.json"
    file.write_text(text)
    with Progress(path) as progress:
        with pytest.raises(ProgressError):
            progress.import_(file)
        assert progress.export(tmp_path / "out.json") == 0
