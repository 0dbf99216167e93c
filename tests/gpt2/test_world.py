"""Ranks talk: as threads of one process, and as processes over gloo; a loop that is right is right on both."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gpt2 import ranks, world
from tests.gpt2.conftest import ROOT, environment

LOOP = ROOT / "exercises" / "ddp" / "ddp_loop" / "answer.py"
CFG = SimpleNamespace(**ranks.OPTIONS)


def torchrun(*arguments: object, count: int = 2) -> subprocess.CompletedProcess[str]:
    """Run a file or a module on `count` real ranks."""
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", count, *arguments]
    return subprocess.run(
        [*map(str, words)], env=environment(), capture_output=True, text=True, timeout=200, check=False
    )


def everything(comm: Any) -> list[tuple[str, list[int], list[Any]]]:
    """What arrives at rank 0 of tensors of every kind that rank 1 sends."""
    sent = [torch.arange(6).reshape(2, 3).to(dtype) for dtype in world.DTYPES]
    sent += [torch.tensor(2.5), torch.zeros(0), torch.zeros(2, 0, 3), torch.arange(6.0).reshape(2, 3).T]
    if comm.rank:
        for tensor in sent:
            comm.send(tensor, 0)
        return []
    came = [comm.recv(1) for _ in sent]
    return [(str(t.dtype), list(t.shape), t.tolist()) for t in came]


def all_send(comm: Any) -> None:
    comm.send(torch.ones(3), (comm.rank + 1) % comm.world)


# --- threads -----------------------------------------------------------------------------------------------------


def test_results_come_by_rank_and_everybody_knows_the_world() -> None:
    assert world.run(3, lambda comm: (comm.rank, comm.world, comm.sent_bytes)) == [(0, 3, 0), (1, 3, 0), (2, 3, 0)]
    with pytest.raises(ValueError, match="at least one rank"):
        world.run(0, lambda comm: None)


def test_tensors_pass_in_order_by_copy_and_are_counted() -> None:
    mine = torch.arange(4.0)

    def live(comm: Any) -> Any:
        if comm.rank == 0:
            comm.send(mine, 1)
            mine.zero_()
            comm.send(torch.tensor([True, False]), 1)
            return comm.sent_bytes
        first, second = comm.recv(0), comm.recv(0)
        first += 1
        return first.tolist(), second.tolist(), comm.sent_bytes

    assert world.run(2, live) == [4 * 4 + 2, ([1.0, 2.0, 3.0, 4.0], [True, False], 0)]
    assert mine.tolist() == [0.0] * 4


def test_send_returns_when_it_has_been_received() -> None:
    order: list[str] = []

    def live(comm: Any) -> None:
        if comm.rank == 0:
            comm.send(torch.ones(1), 1)
            order.append("sent")
        else:
            time.sleep(0.1)
            order.append("receives")
            comm.recv(0)

    world.run(2, live)
    assert order == ["receives", "sent"]


def test_nobody_passes_a_barrier_before_all_are_there() -> None:
    seen: list[str] = []

    def live(comm: Any) -> None:
        for turn in "ab":
            time.sleep(0.02 * comm.rank)
            seen.append(turn)
            comm.barrier()

    world.run(3, live)
    assert seen == [*"aaabbb"]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (all_send, "rank 0 waits until rank 1 receives; rank 1 waits until rank 0 receives"),
        (lambda comm: comm.recv(1 - comm.rank), "rank 0 waits until rank 1 sends; rank 1 waits until rank 0 sends"),
        (lambda comm: comm.rank or comm.recv(1), "rank 0 waits until rank 1 sends; rank 1 has finished"),
        (lambda comm: comm.rank or comm.barrier(), "rank 0 waits at the barrier; rank 1 has finished"),
    ],
)
def test_a_deadlock_is_told_at_once_with_who_waits_for_whom(function: Any, says: str) -> None:
    begun = time.monotonic()
    with pytest.raises(world.Deadlock, match=says):
        world.run(2, function, timeout=60)
    assert time.monotonic() - begun < 5


def test_when_nothing_moves_any_more_the_world_ends() -> None:
    free = threading.Event()

    def live(comm: Any) -> None:
        if comm.rank == 0:
            comm.recv(1)
        else:
            free.wait(0.6)

    with pytest.raises(world.Deadlock, match="rank 0 waits until rank 1 sends"):
        world.run(2, live, timeout=0.2)


def test_a_thread_of_a_rank_may_send_while_the_rank_receives() -> None:
    def live(comm: Any) -> float:
        sender = threading.Thread(target=all_send, args=(comm,))
        sender.start()
        came = comm.recv((comm.rank - 1) % comm.world)
        sender.join()
        return float(came.sum())

    assert world.run(3, live) == [3.0] * 3


def test_what_one_rank_raises_ends_all_and_names_the_rank() -> None:
    def live(comm: Any) -> None:
        if comm.rank == 2:
            raise KeyError("lost")
        comm.recv(2)

    with pytest.raises(KeyError, match="lost") as caught:
        world.run(3, live)
    assert caught.value.__notes__ == ["(in rank 2 of a world of 3)"]


@pytest.mark.parametrize("dst", [0, 2, -1])
def test_there_is_nobody_else_to_talk_to(dst: int) -> None:
    def live(comm: Any) -> None:
        if comm.rank == 0:
            comm.send(torch.ones(1), dst)

    with pytest.raises(ValueError, match="cannot talk to"):
        world.run(2, live)


def test_ranks_record_graphs_as_the_caller_does() -> None:
    with torch.no_grad():
        assert world.run(2, lambda comm: torch.is_grad_enabled()) == [False, False]
    assert world.run(2, lambda comm: torch.is_grad_enabled()) == [True, True]


# --- the command -------------------------------------------------------------------------------------------------


def test_options_are_read_and_refused_in_words() -> None:
    assert ranks.options(["steps=2", "lr=0.1"]).lr == 0.1 and ranks.options([]).steps == 5
    for word, says in (("color=1", "no option 'color'"), ("steps=1.5", "cannot be '1.5'"), ("B=0", "above 0")):
        with pytest.raises(ValueError, match=says):
            ranks.options([word])


def test_a_file_without_the_function_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.py"
    empty.write_text("x = 1\n", encoding="utf-8")
    assert ranks.main([str(empty)]) == 2 and "defines none of train_ddp" in capsys.readouterr().err
    assert ranks.main([]) == 2 and "FILE.py" in capsys.readouterr().err


def test_without_torchrun_there_is_one_rank(capsys: pytest.CaptureFixture[str]) -> None:
    assert ranks.main([str(LOOP), "steps=2"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 rank\nstep   0  loss 5.") and "step   1" in said and "step   2" not in said


# --- gloo --------------------------------------------------------------------------------------------------------

ALL_KINDS = """
import json, sys
from gpt2 import ranks, world
from tests.gpt2 import test_world as t
import torch
comm = world.GlooComm(timeout=10)
here = t.everything(comm)
comm.barrier()
log, weights = ranks.work(ranks.load(t.LOOP)[1], b"to be or not to be", t.CFG, {"RANK": str(comm.rank),
                          "WORLD_SIZE": "2", "LOCAL_RANK": str(comm.rank)}, comm)
bytes_ = comm.sent_bytes
try:
    t.all_send(comm)
except world.Deadlock as error:
    told = str(error)
folder = sys.argv[1]
with open(f"{folder}/{comm.rank}.json", "w") as file:
    json.dump([here, log, bytes_, told, weights.tolist()], file)
"""


@pytest.mark.long
def test_two_real_ranks_do_what_two_threads_do(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(ALL_KINDS, encoding="utf-8")
    done = torchrun(script, tmp_path)
    assert done.returncode == 0, done.stderr

    def live(comm: Any) -> Any:
        here = everything(comm)
        env = {"RANK": str(comm.rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(comm.rank)}
        return here, *ranks.work(ranks.load(LOOP)[1], b"to be or not to be", CFG, env, comm), comm.sent_bytes

    for rank, (here, log, weights, sent) in enumerate(world.run(2, live)):
        there = json.loads((tmp_path / f"{rank}.json").read_text(encoding="utf-8"))
        assert there[0] == json.loads(json.dumps(here))
        assert [step for step, _ in there[1]] == [step for step, _ in log]
        assert [loss for _, loss in there[1]] == pytest.approx([loss for _, loss in log], abs=1e-12)
        assert there[2] == sent
        assert there[3] == f"Nobody can go on: rank {rank} waits until rank {1 - rank} receives."
        assert there[4] == pytest.approx(weights.tolist(), abs=1e-12)


@pytest.mark.long
def test_the_command_tells_a_right_loop_from_a_wrong_one(tmp_path: Path) -> None:
    done = torchrun("-m", "gpt2.ranks", LOOP, "steps=2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 ranks, ") and done.stdout.count("\nok  ") == 3 and "FAIL" not in done.stdout
    wrong = tmp_path / "ddp_loop.py"
    wrong.write_text(LOOP.read_text(encoding="utf-8").replace("micro * world + rank)", "micro * world)"), "utf-8")
    done = torchrun("-m", "gpt2.ranks", wrong, "steps=2")
    assert done.returncode == 1 and done.stdout.count("FAIL") == 2
    assert "ok   all ranks end with the same weights" in done.stdout
