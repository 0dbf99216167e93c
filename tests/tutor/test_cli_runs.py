"""Commands around a run: what they start, and what they print of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exercises import exercise
from tests.tutor.conftest import Run
from tutor.commands import report
from tutor.commands.curve import curve


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
    code, out, err = run("launch", str(tmp_path / "big"), "preset=124M")
    assert code == 0 and "torch.distributed.run" in out and "Yours in this run: attention" in err
    assert (tmp_path / "big" / "parts" / "attention.py").read_bytes() == text, "ranks elsewhere find them, too"
    assert "Yours" not in run("launch", str(tmp_path / "big"), "preset=124M")[2]


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
