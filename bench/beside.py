"""What keeps the machine busy while the desk is measured: a grader that checks without a pause, a run that trains.

`python bench/beside.py FOLDER [--tiny]` starts both as the desk does, and writes to FOLDER/beside.txt one line for each
check and each look at the run, until it is told to end.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import exercises
from gpt2.log import read
from tutor import jobs, paths

ROOT = Path(__file__).resolve().parents[1]
EXERCISE = "stable_softmax"
RUN = ["preset=nano", "max_steps=1000000"]
SMALL = ["n_layer=1", "n_head=2", "n_embd=32", "block_size=32", "tokens_per_step=256", "tokenizer=trained"]
TINY_RUN = [*RUN, *SMALL, f"data={ROOT / 'README.md'}", "vocab_size=300"]


def main() -> None:
    """Train and check until SIGTERM."""
    notes, tiny = Path(sys.argv[1]) / "beside.txt", "--tiny" in sys.argv
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    run = paths.runs_dir() / "beside"
    trainer = jobs.start_run(run, TINY_RUN if tiny else RUN)
    answer = exercises.exercise(EXERCISE).text("answer.py")
    try:
        while True:
            report = jobs.check_sync(EXERCISE, answer)
            if not report.passed:  # on a machine that others load, the first may come too late
                print(f"{EXERCISE}: {report.status} {report.message}", file=sys.stderr)
                continue
            steps = [record["step"] for record in read(run / "log.jsonl")[0] if record["event"] == "step"]
            with notes.open("a") as file:
                file.write(f"{time.monotonic()} {steps[-1] if steps else 0}\n")
    finally:
        os.kill(trainer, signal.SIGKILL)
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.connect(str(paths.socket_path()))
            line.sendall(b'{"id": 0, "do": "quit"}\n')


@contextmanager
def busy(folder: Path, environment: dict[str, str], tiny: bool) -> Any:
    """Both at work; yields a dict that in the end says how much they did a second."""
    notes, found = folder / "beside.txt", dict[str, float]()
    command = [sys.executable, str(Path(__file__)), str(folder), *(["--tiny"] if tiny else [])]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        while not (seen := noted(notes)) or not seen[-1][1]:  # until the run has taken a step
            if process.poll() is not None:
                raise SystemExit("nothing checks and trains beside")
            time.sleep(0.1)
        begun = len(seen) - 1
        yield found
        last = noted(notes)[begun:]
        seconds = max(last[-1][0] - last[0][0], 1e-9)
        found["checks_per_second"] = round((len(last) - 1) / seconds, 2)
        found["steps_per_second"] = round((last[-1][1] - last[0][1]) / seconds, 2)
    finally:
        process.terminate()
        process.wait()


def noted(notes: Path) -> list[tuple[float, int]]:
    """When each check ended, and how many steps the run had taken by then."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [(float(when), int(step)) for when, step in map(str.split, lines) if step]


if __name__ == "__main__":
    main()
