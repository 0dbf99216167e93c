"""What a piece of work costs: Python steps and torch operations, counted; and, where only a clock can tell, a ratio."""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch

from graders.watch import Watch

ROUNDS, LEAST_SECONDS, MOST_TIMES = 15, 2e-3, 1 << 14
COARSE = 3e-2
"""Seconds by which a process's CPU clock may be off, added over all rounds."""


class Steps:
    """Counts the bytecodes that one file executes: a Python loop shows, however it is written."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.count = 0
        self.intact = True

    def __enter__(self) -> Steps:
        self._previous = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, *error: object) -> None:
        self.intact = sys.gettrace() == self._enter
        sys.settrace(self._previous)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename != self.filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, arg: Any) -> Any:
        self.count += event == "opcode"
        return self._step


def work(filename: str, run: Callable[[int], object], size: int) -> int | None:
    """Bytecodes and torch operations that a submission spends on a problem of one size; None if it looked away.

    From Python 3.12 on, code is only prepared for being counted while it runs once: there the second run tells.
    """
    for _ in range(1 if sys.version_info < (3, 12) else 2):
        with Steps(filename) as steps, Watch(filename) as watch:
            run(size)
        if not (steps.intact and watch.intact):
            return None
    return steps.count + sum(op.line is not None for op in watch.ops)


def share(slow: Callable[[], object], fast: Callable[[], object], wanted: float) -> float:
    """CPU time of ``fast`` as a share of ``slow``'s, each at its quickest of a few rounds; stops at ``wanted``.

    CPU time, not the clock's: what else the machine does then hardly matters. It is this thread's, the only one whose
    clock is fine where CPU time is limited (the process's then moves in steps of the scheduler's tick); what other
    threads did meanwhile is added, if it is more than such steps explain. torch works with one thread meanwhile, for
    several would be counted while they wait for each other.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _share(slow, fast, wanted)
    finally:
        torch.set_num_threads(threads)


def _share(slow: Callable[[], object], fast: Callable[[], object], wanted: float) -> float:
    times = [_times(f) for f in (slow, fast)]
    least = [float("inf"), float("inf")]
    elsewhere = 0.0
    for done in range(1, ROUNDS + 1):
        for i, function in enumerate((slow, fast)):
            seconds, others = _seconds(function, times[i])
            least[i] = min(least[i], seconds)
            elsewhere += others * (function is fast)
        hidden = elsewhere / (done * times[1]) if elsewhere > COARSE else 0.0
        if (best := (least[1] + hidden) / least[0]) <= wanted:
            break
    return best


def _times(function: Callable[[], object]) -> int:
    """How often to run a function so that the clock's grain does not show; also warms it up.

    Doubled until the clock moves enough: one run alone may well take no time at all by a coarse clock.
    """
    times = 1
    while times < MOST_TIMES and _seconds(function, times)[0] * times < LEAST_SECONDS:
        times *= 2
    return times


def _seconds(function: Callable[[], object], times: int) -> tuple[float, float]:
    """CPU seconds of one run, on the average of ``times``: in this thread; and of all runs: in all others."""
    begun, all_begun = time.thread_time(), time.process_time()
    for _ in range(times):
        function()
    mine, everybody = time.thread_time() - begun, time.process_time() - all_begun
    return max(mine, 1e-9) / times, everybody - mine


def to_meta(value: Any) -> Any:
    """The same value with every tensor, also inside modules and containers, on the meta device."""
    if isinstance(value, torch.nn.Module):
        return copy.deepcopy(value).to("meta")
    if isinstance(value, torch.Tensor):
        return value.detach().to("meta")
    if type(value) in (list, tuple):
        return type(value)(to_meta(v) for v in value)
    if type(value) is dict:
        return {k: to_meta(v) for k, v in value.items()}
    return value
