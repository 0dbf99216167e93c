"""The client of the grader and the keeping of runs, against a grader of a few lines."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutor import jobs, paths, reach
from tutor.jobs import Event, Grader, GraderError

FAKE = Path(__file__).with_name("fake_grader.py")
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="unix sockets")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The fake in place of the real grader; yields the file that lists the processes it was started as."""
    log = tmp_path / "started"
    monkeypatch.setenv("GRADATIM_SOCKET", str(tmp_path / "g.sock"))
    monkeypatch.setenv("FAKE_LOG", str(log))
    monkeypatch.setenv("FAKE_ONCE", str(tmp_path / "once"))
    monkeypatch.setattr(reach, "module_command", lambda module, *words: [sys.executable, str(FAKE), *words])
    yield log
    for pid in started(log):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def started(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


async def verdict(grader: Grader, source: str, **more: object) -> list[Event]:
    return [event async for event in grader.check("stable_softmax", source, **more)]  # type: ignore[arg-type]


@UNIX
async def test_a_check_yields_every_event_in_order_and_ends_with_the_report(fake: Path) -> None:
    async with await Grader.connect() as grader:
        events = await verdict(grader, "x = 1", seed=5, file="mine.py")
    assert [e["event"] for e in events] == ["accepted", "ladder", "check", "report"]
    assert events[-1]["report"]["status"] == "passed"
    assert events[-1]["report"]["output"].endswith("seed 5 file mine.py")


@UNIX
async def test_the_second_client_finds_the_grader_warm(fake: Path) -> None:
    for _ in range(2):
        async with await Grader.connect() as grader:
            await verdict(grader, "x = 1")
    assert len(started(fake)) == 1


@UNIX
async def test_many_who_come_at_once_start_one_grader(fake: Path) -> None:
    graders = await asyncio.gather(*(Grader.connect() for _ in range(8)))
    events = await asyncio.gather(*(verdict(grader, "x = 1") for grader in graders))
    for grader in graders:
        await grader.close()
    assert {e[-1]["report"].get("message", "") for e in events} == {""}
    assert {e[-1]["report"]["status"] for e in events} == {"passed"}
    assert len(started(fake)) == 1


@UNIX
async def test_requests_on_one_connection_do_not_wait_for_each_other(fake: Path) -> None:
    async with await Grader.connect() as grader:
        slow = asyncio.create_task(verdict(grader, "sleep 5 wrong"))
        fast = await asyncio.wait_for(verdict(grader, "x = 1"), 3)
        assert fast[-1]["report"]["status"] == "passed"
        assert not slow.done()
        slow.cancel()


@UNIX
async def test_a_grader_that_dies_is_started_again_and_asked_again(fake: Path) -> None:
    async with await Grader.connect() as grader:
        events = await verdict(grader, "die once")
        assert events[-1]["report"]["status"] == "passed", events
    assert len(started(fake)) == 2


@UNIX
async def test_a_grader_that_dies_over_the_same_request_gives_a_broken_report(fake: Path) -> None:
    async with await Grader.connect() as grader:
        events = await verdict(grader, "die")
        assert events[-1]["report"]["status"] == "broken"
        assert "died twice" in events[-1]["report"]["message"]
        # The one after it is served all the same.
        assert (await verdict(grader, "x = 1"))[-1]["report"]["status"] == "passed"


@UNIX
async def test_an_error_of_the_grader_is_a_broken_report_with_its_words(fake: Path) -> None:
    async with await Grader.connect() as grader:
        events = await verdict(grader, "break")
    assert events[-1]["report"] | {"status": "broken", "message": "the reference failed"} == events[-1]["report"]


@UNIX
async def test_a_stale_socket_is_replaced(fake: Path) -> None:
    import socket

    path = Path(os.environ["GRADATIM_SOCKET"])
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.exists()
    async with await Grader.connect() as grader:
        assert (await verdict(grader, "x = 1"))[-1]["report"]["status"] == "passed"


@UNIX
async def test_a_grader_that_cannot_start_says_its_last_words(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "module_command", lambda *_: [sys.executable, str(FAKE), "--broken"])
    with pytest.raises(GraderError, match="no torch here"):
        await Grader.connect()


@pytest.mark.parametrize("way", [pytest.param("socket", marks=UNIX), "stdio"])
async def test_fence_quiz_and_start_on_both_ways(fake: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setenv("GRADATIM_GRADER", way)
    async with await Grader.connect() as grader:
        fence = await grader.fence(["a = 1", "a"], 1)
        assert fence["output"].startswith("ran 1") and fence["raised"] is None
        assert len(fence["output"]) > 2**15  # a line longer than asyncio's usual limit
        assert (await grader.quiz("03_broadcasting"))["choices"] == ["a", "b"]
        assert await grader.start_text("trace_backward", 12) == "# questions of 12\n"
        assert await grader.start_text("trace_backward", 2**31) == f"# questions of {2**31 % 10**9}\n"
        await grader.prepare("stable_softmax")
        assert (await verdict(grader, "x"))[-1]["report"]["status"] == "passed"


async def test_a_piped_grader_ends_with_its_client(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADATIM_GRADER", "stdio")
    async with await Grader.connect() as grader:
        await grader.prepare("stable_softmax")
    (pid,) = started(fake)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@UNIX
def test_check_sync(fake: Path) -> None:
    assert jobs.check_sync("stable_softmax", "wrong").status == "failed"


# -- runs


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A run folder whose trainer, when told to stop, notes it and ends."""
    script = tmp_path / "trainer.py"
    script.write_text(
        "import pathlib, signal, sys, time\n"
        "folder = pathlib.Path(sys.argv[2])\n"
        "def stop(*_):\n    (folder / 'saved').touch()\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "(folder / 'log.jsonl').touch()\n"
        "time.sleep(60)\n"
    )
    monkeypatch.setattr(jobs, "module_command", lambda module, *words: [sys.executable, str(script), module, *words])
    return tmp_path / "runs" / "one"


def wait_for(what: Path) -> None:
    deadline = time.monotonic() + 20
    while not what.exists():
        assert time.monotonic() < deadline, f"{what} did not appear"
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_run_starts_is_alive_and_stops_when_asked(run: Path) -> None:
    assert not jobs.run_alive(run) and not jobs.stop_run(run)
    pid = jobs.start_run(run, ["preset=nano"])
    wait_for(run / "log.jsonl")
    assert jobs.run_alive(run)
    assert os.getsid(pid) != os.getsid(0), "closing the terminal must not end the run"
    assert jobs.runs(run.parent) == [run]
    assert jobs.stop_run(run)
    wait_for(run / "saved")
    deadline = time.monotonic() + 20
    while jobs.run_alive(run):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_number_that_now_belongs_to_another_is_not_the_run(tmp_path: Path) -> None:
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("needs /proc to tell")
    (tmp_path / "pid").write_text(f"{os.getppid()}\n")
    assert not jobs.run_alive(tmp_path)


def test_runs_lists_the_newest_first(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old", "none")):
        (tmp_path / name).mkdir()
        if name != "none":
            (tmp_path / name / "log.jsonl").touch()
            os.utime(tmp_path / name / "log.jsonl", (1e9 - age, 1e9 - age))
    assert [folder.name for folder in jobs.runs(tmp_path)] == ["new", "old"]
    (tmp_path / "imported").mkdir()
    (tmp_path / "imported" / "config.json").write_text("{}")  # no log before it trains
    (tmp_path / "old" / "config.json").write_text("{}")  # newer than its log, which is what tells
    assert [folder.name for folder in jobs.runs(tmp_path)] == ["imported", "new", "old"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_program_that_is_stopped_while_it_loads_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slow.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(9)"
    )
    (tmp_path / "odd.py").write_text("import sys\nprint(sys.argv[1:], __name__)\nsys.exit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert jobs.call("slow") == 130
    assert capfd.readouterr().err == "stopped before it began; what was there is as it was\n"
    assert jobs.call("odd", "a b", "--json") == 7
    assert capfd.readouterr().out == "['a b', '--json'] __main__\n"


def test_children_find_our_packages_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graders.py").write_text("raise SystemExit('the folder of the learner was imported')")
    found = jobs.ask("graders.report")
    assert found.returncode == 0, found.stderr
    assert paths.ROOT.joinpath("graders").is_dir()
