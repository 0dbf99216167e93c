"""`gradatim check`: alone, with --watch, of a whole class; what it prints, keeps and returns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from exercises import exercise
from tests.tutor.conftest import FIRST, Run, kept, mine
from tutor import reach
from tutor.commands import check, classroom


def test_check_passes_fails_and_is_kept(run: Run, home: Path) -> None:
    mine(home, "right")
    code, out, _ = run("check", "stable-softmax")
    assert code == 0 and "passed" in out and "✓ One" in out
    assert " ".join(exercise("stable-softmax").after.split()[:6]) in out
    mine(home, "wrong")
    code, out, _ = run("check", "L03/stable-softmax")
    assert code == 1 and "✗ One" in out
    with kept(home) as progress:
        assert [a.status for a in progress.attempts("stable_softmax")] == ["passed", "failed"]
        assert progress.attempts("stable_softmax")[0].hash == exercise("stable-softmax").content_hash


def test_check_json_is_the_document_alone(run: Run, home: Path) -> None:
    mine(home, "right")
    code, out, err = run("check", "--json", "--seed", "5", "stable-softmax")
    document = json.loads(out)
    assert code == 0 and err == "" and document["version"] == 1
    (result,) = document["results"]
    assert result["exercise"] == "stable_softmax" and result["status"] == "passed"
    assert set(result) >= {"exercise", "status", "checks", "mistakes", "seed", "seconds"}
    assert set(result["checks"][0]) >= {"name", "title", "outcome", "message", "details"}
    assert "seed 5" in result["output"]


def test_without_a_name_the_file_saved_last_is_checked(run: Run, home: Path) -> None:
    code, _, err = run("check")
    assert code == 2 and f"gradatim start {FIRST}" in err
    mine(home, "right")
    code, out, err = run("check")
    assert code == 0 and "L03/stable-softmax" in out and "saved last" in err


def test_another_file_is_graded_but_not_kept(run: Run, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "stable_softmax.py"
    other.write_text("wrong")
    assert run("check", "--file", str(other))[0] == 1
    assert run("check", "stable-softmax", "--file", str(tmp_path / "none.py"))[0] == 2
    other.write_bytes(b"\xff\xfe\xff")
    assert run("check", "--file", str(other))[0] == 2
    with kept(home) as progress:
        assert progress.attempts("stable_softmax") == []
    own = mine(home, "right")
    assert run("check", "stable-softmax", "--file", str(own))[0] == 0
    with kept(home) as progress:
        assert len(progress.attempts("stable_softmax")) == 1


def test_check_of_something_not_begun(run: Run) -> None:
    code, _, err = run("check", "stable-softmax")
    assert code == 2 and "gradatim start L03/stable-softmax" in err


@pytest.mark.parametrize("source", ["break", "die"])
def test_our_own_failure_is_exit_3(run: Run, home: Path, source: str) -> None:
    mine(home, source)
    code, out, _ = run("check", "stable-softmax", "--json")
    assert code == 3 and json.loads(out)["results"][0]["status"] == "broken"


def test_a_grader_that_does_not_start_is_exit_3(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine(home, "right")
    monkeypatch.setattr(reach, "module_command", lambda *_: ["/no/such/python"])
    code, out, err = run("check", "stable-softmax")
    assert code == 3 and out == "" and "could not be started" in err


def test_watch_checks_at_every_save(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mine(home, "wrong")
    turns = iter([lambda: path.write_text("right"), lambda: None])
    real = check.asyncio.sleep

    async def pause(_: float) -> None:
        turn = next(turns, None)
        if turn is None:
            raise KeyboardInterrupt
        turn()
        os.utime(path, (2e9, 2e9))
        await real(0)

    monkeypatch.setattr(check.asyncio, "sleep", pause)
    code, out, err = run("check", "stable-softmax", "--watch")
    assert code == 130 and "Traceback" not in err
    assert out.count("✗ One") == 1 and out.count("✓ One") == 1, "a file that is unchanged is not checked again"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_a_watch_with_130_and_without_a_traceback(
    home: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # A test run that was started in the background ignores Ctrl-C, and its children would inherit that.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, heard))
    mine(home, "def softmax(x, dim):\n    return x\n\n\nlog_softmax = softmax\n")
    command = [sys.executable, "-m", "tutor", "check", "stable-softmax", "--watch"]
    environment = {**os.environ, "GRADATIM_GRADER": "stdio", "PYTHONUNBUFFERED": "1"}
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=root
    ) as child:
        assert child.stdout is not None
        assert "L03/stable-softmax" in child.stdout.readline()  # a real verdict, by the real grader
        child.send_signal(signal.SIGINT)
        try:
            _, err = child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
    assert child.returncode == 130 and "Traceback" not in err, err


def test_a_class_is_graded(run: Run, home: Path, tmp_path: Path) -> None:
    for student, text in (("ada", "right"), ("bob", "wrong"), ("cyd", "right")):
        folder = tmp_path / "class" / student / "week1"
        folder.mkdir(parents=True)
        (folder / "stable-softmax.py").write_text(text)
    (tmp_path / "class" / "cyd" / "poem.py").write_text("")
    out_folder = tmp_path / "out"
    code, out, err = run("check", "--all", str(tmp_path / "class"), "--out", str(out_folder))
    assert code == 1 and "2 of 3 passed." in out and "poem" in err
    rows = json.loads((out_folder / "results.json").read_text())["results"]
    assert [(r["student"], r["status"]) for r in rows] == [
        ("ada", "passed"),
        ("bob", "failed"),
        ("cyd", "passed"),
    ]
    suites = {s.get("name"): s for s in ElementTree.parse(out_folder / "junit.xml").getroot()}
    assert list(suites) == ["ada", "bob", "cyd"]
    assert [suites[s].get("failures") for s in suites] == ["0", "1", "0"]
    assert "One" in str(suites["bob"][0][0].text)
    scores = {p.stem: json.loads(p.read_text())["tests"] for p in (out_folder / "gradescope").iterdir()}
    assert {s: t[0]["score"] for s, t in scores.items()} == {"ada": 1.0, "bob": 0.0, "cyd": 1.0}
    lines = (out_folder / "results.csv").read_text().splitlines()
    assert len(lines) == 4 and lines[2].startswith("bob,stable_softmax,failed,One")
    with kept(home) as progress:
        assert progress.attempts("stable_softmax") == []
    code, out, _ = run("check", "--all", str(tmp_path / "class"), "--json")
    assert json.loads(out)["version"] == 1
    assert run("check", "--all", str(out_folder))[0] == 2
    assert run("check", "--all", str(tmp_path / "class"), "stable-softmax")[0] == 2


def test_work_is_found_by_student(home: Path, tmp_path: Path) -> None:
    (tmp_path / "class" / ".git").mkdir(parents=True)
    (tmp_path / "class" / ".git" / "stable_softmax.py").write_text("")
    assert classroom.collect(tmp_path / "class") == ([], [])
