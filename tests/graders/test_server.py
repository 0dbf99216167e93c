"""The warm grader as its clients meet it: one JSON object a line, over a socket or over pipes."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import exercises
from tests.graders.conftest import Bench

GOOD = exercises.exercise("stable-softmax").text("other.py")
unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no unix sockets here")


async def ask(reader: Any, writer: Any, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Send one request and read its answers up to the last."""
    writer.write(json.dumps({"id": 1, **request}).encode() + b"\n")
    answers = []
    while True:
        answers.append(json.loads(await asyncio.wait_for(reader.readline(), 60)))
        if answers[-1]["event"] in ("report", "error", "done", "start", "quiz", "fence"):
            return answers


async def start(*arguments: str, **more: Any) -> asyncio.subprocess.Process:
    command = [sys.executable, "-P", "-m", "graders", *arguments]
    return await asyncio.create_subprocess_exec(*command, limit=1 << 22, **more)


async def test_over_pipes() -> None:
    pipe = asyncio.subprocess.PIPE
    server = await start("--stdio", stdin=pipe, stdout=pipe)
    talk = (server.stdout, server.stdin)
    answers = await ask(*talk, {"do": "check", "exercise": "stable-softmax", "source": GOOD})
    assert answers[0]["event"] == "accepted"
    assert answers[1]["event"] == "ladder"
    told = [a["check"]["name"] for a in answers if a["event"] == "check"]
    assert told == [c["name"] for c in answers[1]["checks"]]
    assert answers[-1]["report"]["status"] == "passed"
    refused = await ask(*talk, {"do": "check", "exercise": "stable-sofmax", "source": ""})
    assert "Did you mean stable-softmax" in refused[-1]["message"]
    assert (await ask(*talk, {"do": "nonsense"}))[-1]["event"] == "error"
    fence = await ask(*talk, {"do": "fence", "page": ["x = 2", "x + 1"], "index": 1})
    assert fence[-1]["output"].strip() == "3"
    own = {"do": "fence", "page": ["whose, yours.__name__"], "index": 0, "own": "stable_softmax"}
    assert (await ask(*talk, own))[-1]["output"].strip() == "('ours', 'submission')"
    assert (await ask(*talk, {**own, "source": "x = 1"}))[-1]["output"].strip() == "('yours', 'submission')"
    question = (await ask(*talk, {"do": "quiz", "lesson": "03_broadcasting", "item": "align_right", "seed": 4}))[-1]
    assert len(question["question"]["choices"]) >= 3
    text = (await ask(*talk, {"do": "start", "exercise": "trace-backward", "seed": 12}))[-1]["text"]
    assert "SEED = 12" in text and "Question 10" in text
    assert server.stdin
    server.stdin.close()
    assert await asyncio.wait_for(server.wait(), 20) == 0


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="the scheduler knows no sessions here")
async def test_what_it_starts_steps_back_with_it() -> None:
    pipe, mine = asyncio.subprocess.PIPE, os.getpriority(os.PRIO_PROCESS, 0)
    command = ["nice", "-n", "5", sys.executable, "-P", "-m", "graders", "--stdio"]
    server = await asyncio.create_subprocess_exec(*command, limit=1 << 22, stdin=pipe, stdout=pipe)
    asked = {"do": "fence", "page": ["import os\nprint(os.getsid(0))"], "index": 0}
    session = (await ask(server.stdout, server.stdin, asked))[-1]["output"].strip()
    assert Path(f"/proc/{session}/autogroup").read_text().split()[-1] == str(min(19, mine + 5))
    server.kill()
    await server.wait()


@unix
async def test_over_a_private_socket(tmp_path: Path) -> None:
    path = tmp_path / "grader"
    server = await start("--socket", str(path))
    for _ in range(200):
        if path.exists():
            break
        await asyncio.sleep(0.05)
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, "others may reach the socket"
    reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 22)
    loop = "def softmax(x, dim):\n    while True: pass\n\nlog_softmax = softmax\n"
    writer.write(json.dumps({"id": 7, "do": "check", "exercise": "stable-softmax", "source": loop}).encode() + b"\n")
    assert json.loads(await reader.readline())["event"] == "accepted"
    writer.write(b'{"id": 8, "do": "cancel", "target": 7}\n')
    while json.loads(await asyncio.wait_for(reader.readline(), 5)).get("id") != 8:
        pass  # what check 7 had told before it was cancelled
    other = await asyncio.open_unix_connection(str(path), limit=1 << 22)
    answers = await ask(*other, {"do": "check", "exercise": "stable-softmax", "source": GOOD})
    assert answers[-1]["report"]["status"] == "passed"
    writer.write(b"this is no request\n")
    assert json.loads(await reader.readline())["event"] == "error"
    writer.write(b'{"id": 9, "do": "quit"}\n')
    assert await asyncio.wait_for(server.wait(), 20) == 0
    assert not path.exists()


def test_without_fork() -> None:
    """Where forking is unsafe a spare process does each job; verdicts are the same."""
    bench = Bench(fork=False)
    try:
        assert bench.check("stable-softmax", GOOD).passed
        assert bench.check("stable-softmax", "import os; os._exit(0)").status == "error"
    finally:
        bench.close()


def test_more_checks_than_slots() -> None:
    """Cold checks that arrive together do not wait for each other's references for ever."""
    bench = Bench(at_once=1)

    async def together() -> list[str]:
        names = ["stable-softmax", "retain-graph", "stable-softmax"]
        asked = [exercises.exercise(name) for name in names]
        reports = await asyncio.gather(*(bench.judge.check(e, e.text("other.py")) for e in asked))
        return [report.status for report in reports]

    try:
        assert bench.wait(together(), 60) == ["passed"] * 3
    finally:
        bench.close()


def test_nothing_is_left_behind(bench: Bench) -> None:
    """After a verdict the scratch folder and the process are gone."""
    bench.check("stable-softmax", "open('left.txt', 'w').write('x')\n" + GOOD)
    for _ in range(100):  # the next reference is made in the background, in a folder of its own
        if not os.listdir(bench.pool._root) and not bench.pool._children:
            return
        time.sleep(0.1)
    pytest.fail(f"still there: {os.listdir(bench.pool._root)}")
