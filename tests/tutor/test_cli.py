"""Every command: what it prints, its exit code, and that a wrong word is answered with the right one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from exercises import exercise
from lessons import lessons
from tests.tutor.conftest import Run
from tutor import reach
from tutor.commands import check, classroom, context, report
from tutor.commands.curve import curve
from tutor.progress import Answer, Progress

FIRST = f"{lessons()[0].id}/{exercise(lessons()[0].exercises[0]).name}"


def mine(home: Path, text: str) -> Path:
    path = home / "broadcasting" / "stable_softmax.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def kept(home: Path) -> Progress:
    return Progress(home.parent / "data" / "progress.sqlite3")


# -- the way in


def test_without_a_terminal_it_says_how_to_use_the_commands(run: Run) -> None:
    code, out, err = run()
    assert code == 2 and out == "" and "gradatim next" in err and "gradatim --help" in err


def test_version_and_help(run: Run) -> None:
    code, out, _ = run("--version")
    assert code == 0 and out.startswith("gradatim")
    code, out, _ = run("--help")
    assert code == 0
    for name in ("list", "read", "quiz", "start", "check", "progress", "train", "doctor", "prove", "new"):
        assert f" {name} " in out


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("lsit",), "list"),
        (("check", "stable-softmx"), "L03/stable-softmax"),
        (("start", "L04/stable-softmax"), "L03"),
        (("read", "broadcastin"), "broadcasting"),
        (("quiz", "L03", "--item", "aline-right"), "align-right"),
        (("read", "L03", "--page", "99"), "pages"),
        (("train", "--run", "r", "max_step=3"), "max_steps"),
        (("watch", "nowhere"), "gradatim train --run"),
        (("check", "--nonsense"), "--nonsense"),
    ],
)
def test_a_wrong_word_gets_one_sentence_and_exit_2(run: Run, words: tuple[str, ...], near: str) -> None:
    code, out, err = run(*words)
    assert code == 2, err
    assert near in err and "Traceback" not in err and out == ""


def test_what_breaks_is_one_line_unless_debug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the roof fell in")

    monkeypatch.setattr(context.Desk, "course", property(broken))
    code, _, err = run("list")
    assert code == 3 and "RuntimeError: the roof fell in" in err and "Traceback" not in err
    with pytest.raises(RuntimeError):
        run("list", "--debug")


# -- the course in text


def test_list_and_its_json(run: Run) -> None:
    code, out, _ = run("list")
    assert code == 0 and "L03" in out and "· stable-softmax" in out
    code, out, err = run("list", "--json")
    document = json.loads(out)
    assert code == 0 and err == "" and document["version"] == 1
    assert "L03" in [lesson["id"] for lesson in document["lessons"]]
    (softmax,) = (e for e in document["exercises"] if e["id"] == "stable_softmax")
    assert softmax["lesson"] == "L03" and softmax["status"] == "new" and softmax["started"] is False


def test_read_prints_pages_as_they_were_written(run: Run) -> None:
    from lessons import lesson

    first = lesson("L03").pages[0]
    code, out, _ = run("read", "broadcasting", "--page", "1")
    assert code == 0 and first.text.strip() in out and "page 1 of" in out
    _, whole, _ = run("read", "3")
    assert all(page.title in whole for page in lesson("L03").pages)


def test_read_run_shows_what_the_code_prints(run: Run) -> None:
    from lessons import lesson

    number = next(n for n, page in enumerate(lesson("L03").pages, 1) if page.fences)
    code, out, _ = run("read", "L03", "--page", str(number), "--run")
    assert code == 0 and "    ran 0" in out


def test_next_leads_from_step_to_step(run: Run, home: Path) -> None:
    code, out, _ = run("next")
    assert code == 0 and f"gradatim start {FIRST}" in out
    run("start", FIRST)
    assert f"gradatim hint {FIRST}" in run("next")[1]
    first = exercise(lessons()[0].exercises[0])
    (home / first.topic / f"{first.id}.py").write_text("right")
    assert run("check", FIRST)[0] == 0
    assert first.name not in run("next")[1]


def test_start_gives_the_stub_and_never_overwrites(run: Run, home: Path) -> None:
    code, out, _ = run("start", "L03/stable_softmax")
    path = home / "broadcasting" / "stable_softmax.py"
    assert code == 0 and str(path) in out
    assert path.read_text() == exercise("stable-softmax").text("start.py")
    path.write_text("mine")
    assert "already" in run("start", "stable-softmax")[1] and path.read_text() == "mine"


def test_a_drawn_exercise_gets_its_questions_from_the_grader(run: Run, home: Path) -> None:
    drawn = exercise("trace-backward")
    assert drawn.kind == "predict"
    if run("start", "trace-backward")[0] == 2:
        pytest.skip("no lesson asks for trace-backward yet")
    text = (home / drawn.topic / "trace_backward.py").read_text()
    assert text.startswith("# questions of ")
    run("reset", "trace-backward")
    assert (home / drawn.topic / "trace_backward.py").read_text() != text, "a reset draws anew"


def test_hints_come_one_after_the_other_and_are_noted(run: Run, home: Path) -> None:
    hints = exercise("stable-softmax").hints
    shown = [run("hint", "stable-softmax")[1] for _ in range(4)]
    assert [hints[n] in text for n, text in zip((0, 1, 2, 2), shown, strict=True)] == [True] * 4
    with kept(home) as progress:
        assert progress.hints("stable_softmax") == 3


def test_solution_counts_as_assisted(run: Run, home: Path) -> None:
    code, out, err = run("solution", "stable-softmax")
    assert code == 0 and out.strip() == exercise("stable-softmax").text("answer.py").strip()
    assert "assisted" in err
    mine(home, "right")
    run("check", "stable-softmax")
    assert "◐ stable-softmax" in run("list")[1]


def test_reset_keeps_the_text_and_history_brings_it_back(run: Run, home: Path) -> None:
    path = mine(home, "wrong v1")
    run("check", "stable-softmax")
    path.write_text("wrong v2")
    assert run("reset", "stable-softmax")[0] == 0
    assert path.read_text() == exercise("stable-softmax").text("start.py")
    code, out, _ = run("history", "stable-softmax")
    assert code == 0 and "failed" in out and "before reset" in out
    assert run("history", "stable-softmax", "--show", "1")[1] == "wrong v1\n"
    (home / "broadcasting" / "stable_softmax.py").write_text("wrong v2\n")
    out = run("history", "stable-softmax", "--diff", "1")[1]
    assert "-wrong v1\n+wrong v2" in out and "--- number 1" in out
    (home / "broadcasting" / "stable_softmax.py").write_text("wrong v1\n")
    assert "is what your file holds" in run("history", "stable-softmax", "--diff", "1")[1]
    assert run("history", "stable-softmax", "--restore", "2")[0] == 0
    assert path.read_text() == "wrong v2"
    document = json.loads(run("history", "stable-softmax", "--json")[1])
    assert [row["what"] for row in document["history"]] == ["failed", "before reset", "before restore"]
    code, _, err = run("history", "stable-softmax", "--show", "9")
    assert code == 2 and "no number 9" in err


def test_quiz_asks_and_notes_the_answers(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("nonsense\n2\n1\n"))
    code, out, err = run("quiz", "L03", "--count", "2")
    assert code == 1 and "Right." in out and "Not quite: it is b" in out and "1 of 2 right." in out
    assert "number from 1 to 2" in err
    with kept(home) as progress:
        assert [a.correct for a in progress.answers("L03")] == [True, False]
    monkeypatch.setattr(sys, "stdin", io.StringIO("2\n"))
    assert run("quiz", "L03", "--count", "1")[0] == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, out, _ = run("quiz", "L03", "--count", "1")
    assert code == 1 and "No question answered." in out


def test_review_asks_what_is_due_and_says_when_nothing_is(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    code, out, _ = run("review")
    assert code == 0 and out.startswith("Nothing is due: what you answer")
    with kept(home) as progress:
        progress.answered("L03", "align_right", 1, 0, True)
    code, out, _ = run("review")
    assert code == 0 and "Nothing is due today. The next of 1 comes back" in out
    assert json.loads(run("review", "--json")[1]) == {"version": 1, "due": []}
    long_ago = datetime.now(UTC) - timedelta(days=50)
    monkeypatch.setattr(Progress, "answers", lambda *_: [Answer(long_ago, "L03", "align_right", 1, 0, True)])
    monkeypatch.setattr(Progress, "passes", lambda _: [("stable_softmax", long_ago)])
    monkeypatch.setattr(sys, "stdin", io.StringIO("2\n"))
    code, out, _ = run("review")
    assert code == 0 and "1 of 1, L03" in out and "1 of 1 right" in out
    assert "gradatim reset L03/stable-softmax" in out
    assert [row["name"] for row in json.loads(run("review", "--json")[1])["due"]] == ["align-right", "stable-softmax"]


# -- check


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


# -- progress


def test_progress_and_its_journey(run: Run, home: Path, tmp_path: Path) -> None:
    mine(home, "right")
    run("check", "stable-softmax")
    assert "L03" in run("progress")[1]
    document = json.loads(run("progress", "--json")[1])
    assert document["version"] == 1 and document["done"] == 1
    file = tmp_path / "p.json"
    assert run("progress", "export", str(file))[0] == 0
    assert run("progress", "export", str(file))[0] == 2
    assert "0 new" in run("progress", "import", str(file))[1]
    (home.parent / "data" / "progress.sqlite3").unlink()
    with suppress(FileNotFoundError):
        (home.parent / "data" / "progress.sqlite3-wal").unlink()
    assert "1 new" in run("progress", "import", str(file))[1]
    assert json.loads(run("progress", "--json")[1])["done"] == 1
    code, _, err = run("progress", "import", str(home / "broadcasting" / "stable_softmax.py"))
    assert code == 3 and "not a file that" in err


def test_a_damaged_progress_file_is_told_and_survived(run: Run, home: Path) -> None:
    data = home.parent / "data"
    data.mkdir()
    (data / "progress.sqlite3").write_bytes(b"not a database" * 100)
    code, out, err = run("list")
    assert code == 0 and "stable-softmax" in out and "was damaged" in err


# -- authors


def test_new_exercise_makes_files_that_can_be_read(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import exercises

    monkeypatch.setattr("tutor.paths.ROOT", tmp_path)
    code, out, _ = run("new", "exercise", "L03/never-written")
    assert code == 0 and "exercise:never-written" in out
    folder = tmp_path / "exercises" / "broadcasting" / "never_written"
    made = exercises._read(folder)
    assert made.name == "never-written" and made.entry == ("never_written",)
    for name in ("start.py", "answer.py", "other.py", "oracle.py"):
        compile(made.text(name), name, "exec")
    wrong = made.mistakes[0].source(made.text("answer.py"))
    assert wrong != made.text("answer.py")
    check_file = tmp_path / "graders" / "checks" / "broadcasting" / "test_never_written.py"
    compile(check_file.read_text(), "check", "exec")
    assert run("new", "exercise", "L03/never-written")[0] == 2
    assert run("new", "exercise", "never-written")[0] == 2
    assert run("new", "exercise", "L03/stable-softmax")[0] == 2
    assert run("new", "exercise", "L03/1st try")[0] == 2


@pytest.mark.parametrize("words", [("watch", "RUN"), ("report", "RUN"), ("report", "RUN", "--json")])
def test_a_run_that_ended_before_its_first_line_is_no_healthy_run(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "log.jsonl").touch()
    code, out, err = run(*(str(tmp_path) if word == "RUN" else word for word in words))
    assert code == 2 and not out and "has not begun: its log is empty" in err


@pytest.mark.parametrize(
    ("words", "module", "passed"),
    [
        (("prove", "stable-softmax", "--full"), "graders.proof", ["stable_softmax", "--full"]),
        (("sample", "Once", "--run", "RUN", "tokens=5"), "gpt2.sample", ["RUN", "Once", "tokens=5"]),
        (("sample", "Once", "--top", "--run", "RUN"), "gpt2.sample", ["RUN", "Once", "--top"]),
        (("eval", "--run", "RUN", "--tokens", "64"), "gpt2.evaluate", ["RUN", "--tokens", "64"]),
        (("model", "export", "RUN", "out"), "gpt2.weights", ["export", "RUN", "out"]),
        (("model", "import", "in", "r2"), "gpt2.weights", ["import", "in", "r2"]),
        (
            ("train", "preset=nano", "--run", "RUN", "--dry-run", "--json"),
            "gpt2.train",
            ["RUN", "preset=nano", "--dry-run", "--json"],
        ),
        (("train", "--run", "RUN", "--dry-run", "--ranks", "4"), "gpt2.train", ["RUN", "--dry-run", "--ranks=4"]),
        (("train", "lr=1e-3", "--run", "RUN", "--ranks", "3"), "gpt2.local_ranks", ["RUN", "3", "lr=1e-3"]),
    ],
)
def test_programs_are_called_with_their_words_and_their_exit_code(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    module: str,
    passed: list[str],
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "log.jsonl").touch()
    called: list[tuple[str, ...]] = []

    def call(*given: str) -> int:
        called.append(given)
        return 7

    monkeypatch.setattr("tutor.jobs.call", call)
    code, _, err = run(*(str(folder) if word == "RUN" else word for word in words))
    assert code == 7, err
    assert called == [(module, *(str(folder) if word == "RUN" else word for word in passed))]


# -- the capstone


def records() -> list[dict[str, object]]:
    start = {
        "event": "start",
        "parameters": 1000,
        "device": "cpu",
        "expected_first_loss": 5.0,
        "unigram_loss": 4.0,
        "bigram_loss": 3.0,
    }
    steps = [
        {"event": "step", "step": n, "loss": 5.0 - n / 10, "lr": 1e-3, "norm": 1.0, "tokens_per_second": 100.0}
        for n in range(1, 31)
    ]
    return [start, *steps, {"event": "val", "step": 30, "loss": 2.1}, {"event": "stop", "reason": "finished"}]


def write_log(folder: Path, rows: list[dict[str, object]]) -> None:
    folder.mkdir()
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_watch_of_a_run_that_ended_prints_it_whole(run: Run, tmp_path: Path) -> None:
    write_log(tmp_path / "run", records())
    code, out, _ = run("watch", str(tmp_path / "run"))
    assert code == 0 and "step 30: loss 2.0000" in out and out.rstrip().endswith("stop: finished")


def test_report_sums_up_and_names_what_is_wrong(run: Run, tmp_path: Path) -> None:
    write_log(tmp_path / "good", records())
    code, out, _ = run("report", str(tmp_path / "good"), "--json")
    document = json.loads(out)
    assert code == 0 and document["healthy"] and document["version"] == 1
    assert (document["validation_loss"], document["bigram_loss"], document["steps"]) == (2.1, 3.0, 30)
    sick = records()
    sick[20] |= {"loss": "NaN"}
    write_log(tmp_path / "sick", sick)
    code, out, _ = run("report", str(tmp_path / "sick"))
    assert code == 1 and "! nan:" in out


def test_a_new_run_is_given_the_pieces_that_passed(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib
    import tomllib

    attention = exercise("causal-self-attention")
    assert attention.slot == "attention"
    path = home / attention.topic / f"{attention.id}.py"
    path.parent.mkdir(parents=True)
    path.write_text("# my attention, right")
    if run("check", "causal-self-attention")[0] == 2:
        pytest.skip("no lesson asks for causal-self-attention yet")
    path.write_text("# changed since")
    monkeypatch.setattr("tutor.jobs.call", lambda *_: 0)
    folder = tmp_path / "run"
    code, _, err = run("train", "--run", str(folder))
    assert code == 0 and "Yours in this run: attention" in err
    part = tomllib.loads((folder / "parts.toml").read_text())["parts"]["attention"]
    text = (folder / part["file"]).read_bytes()
    assert text == b"# my attention, right" and part["hash"] == "sha256:" + hashlib.sha256(text).hexdigest()
    (folder / "log.jsonl").touch()
    (folder / "parts.toml").unlink()
    run("train", "--run", str(folder))
    assert not (folder / "parts.toml").exists(), "a run that has begun keeps what it was built from"


def test_parts_say_which_of_them_train_and_why_the_others_do_not(run: Run) -> None:
    from gpt2.slots import SLOTS

    code, out, _ = run("parts")
    assert code == 0 and f"0 of {len(SLOTS)} are yours." in out
    reasons = out.split("`gradatim train` keeps ours:")[1]
    rows = json.loads(run("parts", "--json")[1])["parts"]
    assert {row["slot"] for row in rows if row["trains"]} >= {"tokenizer", "loader", "attention", "gpt", "sampler"}
    for row in rows:
        assert (f"  {row['slot']} " in reasons) is not row["trains"]


def test_summary_of_an_empty_log_knows_nothing() -> None:
    assert report.summary([])["steps"] == 0 and report.summary([])["last_loss"] is None


def test_the_report_is_a_page_with_curve_scores_and_sample(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "a-run"
    folder.mkdir()
    steps = [{"event": "step", "step": i, "loss": 8 - i / 50, "tokens_per_second": 100.0} for i in range(1, 101)]
    more = [{"event": "val", "step": 100, "loss": 6.5}, {"event": "sample", "step": 100, "text": "Returns the mean."}]
    (folder / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in [{"event": "start"}, *steps, *more]))
    (folder / "eval.json").write_text('{"hellaswag": {"acc_norm": 0.2871, "items": 10042}}')
    code, out, _ = run("report", str(folder))
    assert code == 0 and "Returns the mean." in out and "●" in out and out.count("·") > 30
    assert "0.2871" in out and "0.2955" in out and "10,042" in out
    assert max(map(len, out.splitlines())) <= 100
    (folder / "eval.json").write_text("{")
    code, out, _ = run("report", str(folder), "--json")
    assert code == 0 and json.loads(out)["evaluations"] == {}


def test_a_curve_falls_from_its_first_to_its_last_value() -> None:
    falling = [(float(i), 10.0 - i) for i in range(1, 9)]
    lines = curve([("·", falling), ("●", [(8.0, 3.0)])], width=20, height=5).splitlines()
    assert lines[0].strip().startswith("9.00 │·") and lines[4].strip().startswith("2.00")
    assert lines[-1].split() == ["1", "8"] and sum(line.count("●") for line in lines) == 1
    assert curve([("·", [])]) == "" and "5.00" in curve([("·", [(1.0, 5.0)])])


# -- doctor


def test_doctor_finds_what_is_here(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = run("doctor", "--json")
    document = json.loads(out)
    found = {f["name"]: f for f in document["findings"]}
    assert err == "" and document["version"] == 1 and code == (0 if document["ok"] else 1)
    assert found["Python"]["ok"] is True and "threads" in found["torch"]["says"]
    assert "Landlock" in found["sandbox"]["says"] and found["your files"]["ok"] is True


def test_doctor_says_how_to_get_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    code, out, _ = run("doctor")
    assert code == 1 and "✗ torch" in out and "→ pip install torch" in out


def test_an_imported_run_can_be_used_before_it_trains(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`model import` leaves a config and weights, and no log: the log begins with the first step."""
    called: list[str] = []
    monkeypatch.setattr("tutor.jobs.call", lambda module, *_: called.append(module) or 0)
    (tmp_path / "config.json").write_text("{}")
    assert run("sample", "Once", "--run", str(tmp_path))[0] == 0
    assert run("eval", "--run", str(tmp_path))[0] == 0
    assert run("model", "export", str(tmp_path), str(tmp_path / "out"))[0] == 0
    assert called == ["gpt2.sample", "gpt2.evaluate", "gpt2.weights"]
    assert run("report", str(tmp_path))[0] == 2
